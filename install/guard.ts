/**
 * The forward guard: a table of its own that no process owns, so that it outlives a killed agent. From before the first
 * sysctl is set until the last is back, packets that come in by an interface that forwards only because of us reach the
 * device or nothing (S5); and until connection tracking has forgotten our flows, nothing of ours leaves (S8a).
 */
import { CommandError, type Host } from './host.ts';
import { replaceSet } from './nft-set.ts';
import { interfaceName, type NftWord, prefixWord, tableName } from './nft-word.ts';
import { type Step, step } from './step.ts';
import type { TableSettings } from './table.ts';
import { leakChain, own4Set } from './table-content.ts';

/** What the guard is made of. */
export type GuardSettings = Pick<TableSettings, 'table' | 'device' | 'ula' | 'spool' | 'self'>;

function guardTable({ table }: GuardSettings): NftWord {
  return tableName(`${table}_guard`);
}

/** The commands that make the guard, with nothing guarded yet, in the place of one of that name. */
export function guardCommands(settings: GuardSettings): string {
  const table = `inet ${guardTable(settings)}`;
  const device = interfaceName(settings.device);
  return `add table ${table}
delete table ${table}
table ${table} {
  comment "of bis: goes when nothing forwards or is translated because of it any more"

  set forced {
    type ifname
  }

${own4Set(settings)}
  chain forward {
    type filter hook forward priority -10; policy accept;
    oifname ${device} return
    iifname ${device} return
    iifname @forced meta nfproto ipv6 counter drop
  }

${leakChain(settings)}}
`;
}

/**
 * Makes the guard, in the place of what is left of one of that name. It goes when the flows of the self prefix are
 * forgotten: they would have other NAT tables go on with ours. Flows of an agent before us are forgotten too.
 */
export function guardSteps(settings: GuardSettings): Step[] {
  const table = `inet ${guardTable(settings)}`;
  const forget = { forgetFlowsOf: settings.ula };
  return [
    step(`make the nft table ${table}`, { nft: guardCommands(settings) }, { nft: `delete table ${table}` }),
    step(`forget the tracked flows of ${settings.ula}`, forget, forget),
  ];
}

/** What nft lists of a guard that nobody has touched. */
const WHOLE = [
  ...[/hook forward/, /iifname @forced .* drop/],
  ...[/hook postrouting/, /ip6 saddr .* drop/, /ip6 daddr .* drop/, /ip saddr @own4 .*drop/, /ip daddr @own4 .*drop/],
];

/** Whether the guard is there and guards these interfaces. Rejects when `nft` cannot be run. */
export async function isGuardWhole(
  host: Host,
  settings: GuardSettings,
  interfaces: readonly string[],
): Promise<boolean> {
  try {
    const text = await host.run(['nft', '-s', 'list', 'table', 'inet', guardTable(settings)]);
    return WHOLE.every((part) => part.test(text)) && interfaces.every((name) => text.includes(interfaceName(name)));
  } catch (error) {
    if (error instanceof CommandError && /No such file/.test(error.stderr)) return false;
    throw error;
  }
}

/** The commands after which exactly these interfaces are guarded, and these prefixes of the spool (M3). */
export function guardedCommands(
  settings: GuardSettings,
  interfaces: readonly string[],
  spool: readonly string[] = [settings.spool],
): string {
  const table = `inet ${guardTable(settings)}`;
  const own = [...spool, ...settings.self].map((text) => prefixWord('ip', text));
  return replaceSet(`${table} forced`, interfaces.map(interfaceName)) + replaceSet(`${table} own4`, own);
}
