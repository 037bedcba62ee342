/**
 * The forward guard: a table of its own that outlives a killed agent. From before the first sysctl is set until the last is
 * back, packets that come in by an interface that forwards only because of us reach the device or nothing (S5); and until
 * connection tracking has forgotten our flows, nothing of ours leaves (S8a). Where the kernel keeps tables of the dead, nobody can
 * change the guard, and nothing of it is anywhere else (ADR 22); elsewhere it is nobody's.
 */
import { CommandError, type Host } from './host.ts';
import { additions } from './nft-additions.ts';
import { keepCommand } from './nft-kept.ts';
import { replaceSet } from './nft-set.ts';
import { type Family, families, guardIn, interfaceName, type NftWord, prefixWord } from './nft-word.ts';
import { type Step, step } from './step.ts';
import type { TableSettings } from './table.ts';
import { leakChain, own4Set, shield4, shield6, shield6Sets } from './table-content.ts';

/** What the guard is made of. */
export type GuardSettings = Pick<TableSettings, 'table' | 'device' | 'ula' | 'spool' | 'self' | 'self6' | 'keeps'>;

/** The tables of the guard, with their families. */
function guardTables(settings: GuardSettings): NftWord[] {
  return settings.keeps === true ? families.map((family) => guardIn(family, settings)) : [guardIn('inet', settings)];
}

/** The commands that make the guard, with nothing guarded yet, in the place of one of that name. */
export function guardCommands(settings: GuardSettings): string {
  if (settings.keeps === true) return families.map((family) => keptCommands(family, settings)).join('');
  const table = guardIn('inet', settings);
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

${leakChain(settings, families)}}
`;
}

/** The commands that make what is kept of a family: whole, with our own name on it as long as we live. */
function keptCommands(family: Family, settings: GuardSettings): string {
  const table = guardIn(family, settings);
  const keep = keepCommand(table);
  const content = family === 'ip' ? own4Set(settings) + shield4(settings) : shield6Sets() + shield6(settings);
  return `${keep}delete table ${table}\n${keep}${additions(table, content)}`;
}

/**
 * Makes the guard, in the place of what is left of one of that name. It goes when the flows of the self prefix are
 * forgotten: they would have other NAT tables go on with ours. Flows of an agent before us are forgotten too.
 */
export function guardSteps(settings: GuardSettings): Step[] {
  const forget = { forgetFlowsOf: settings.ula };
  const makers =
    settings.keeps === true ? families.map((family) => keptCommands(family, settings)) : [guardCommands(settings)];
  return [
    ...guardTables(settings).map((table, index) =>
      step(`make the nft table ${table}`, { nft: makers[index] ?? '' }, { nft: `delete table ${table}` }),
    ),
    step(`forget the tracked flows of ${settings.ula}`, forget, forget),
  ];
}

/** What nft lists of a guard that nobody has touched. */
const WHOLE = [
  ...[/hook forward/, /iifname @forced .* drop/],
  ...[/hook postrouting/, /ip6 saddr .* drop/, /ip6 daddr .* drop/, /ip saddr @own4 .*drop/, /ip daddr @own4 .*drop/],
];

/** Whether the guard is there and guards these interfaces; what is kept always does. Rejects when `nft` cannot be run. */
export async function isGuardWhole(
  host: Host,
  settings: GuardSettings,
  interfaces: readonly string[],
): Promise<boolean> {
  if (settings.keeps === true) return true;
  try {
    const text = await host.run(['nft', '-s', 'list', 'table', ...guardIn('inet', settings).split(' ')]);
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
  const tables = guardTables(settings);
  const own = [...spool, ...settings.self].map((text) => prefixWord('ip', text));
  return replaceSet(`${tables.at(-1)} forced`, interfaces.map(interfaceName)) + replaceSet(`${tables.at(0)} own4`, own);
}
