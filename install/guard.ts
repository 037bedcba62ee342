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

/** What an administrator reads who finds it. */
const COMMENT = 'of bis: goes when nothing forwards or is translated because of it any more';

/** The table of the guard for what is of a family. */
function guardTable(family: Family, settings: GuardSettings): NftWord {
  return guardIn(settings.keeps === true ? family : 'inet', settings);
}

/** The commands that make the guard, with nothing guarded yet, in the place of one of that name. */
export function guardCommands(settings: GuardSettings): string {
  if (settings.keeps === true) return families.map((family) => keptCommands(family, settings)).join('');
  const table = guardTable('ip6', settings);
  const device = interfaceName(settings.device);
  return `add table ${table}
delete table ${table}
table ${table} {
  comment "${COMMENT}"

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

/**
 * The commands that make what is kept of a family, in the place of what is left of one of that name, and of one that an older
 * version left.
 */
function keptCommands(family: Family, settings: GuardSettings): string {
  const table = guardTable(family, settings);
  const older = guardIn('inet', settings);
  const keep = keepCommand(table, COMMENT);
  const content = family === 'ip' ? own4Set(settings) + shield4(settings) : shield6Sets() + shield6(settings);
  return `add table ${older}\ndelete table ${older}\n${keep}delete table ${table}\n${keep}${additions(table, content)}`;
}

/**
 * Makes the guard, in the place of what is left of one of that name. It goes when the flows of the self prefix are
 * forgotten: they would have other NAT tables go on with ours. Flows of an agent before us are forgotten too.
 */
export function guardSteps(settings: GuardSettings): Step[] {
  const forget = { forgetFlowsOf: settings.ula };
  const tables: readonly (readonly [table: NftWord, commands: string])[] =
    settings.keeps === true
      ? families.map((family) => [guardTable(family, settings), keptCommands(family, settings)])
      : [[guardTable('ip6', settings), guardCommands(settings)]];
  return [
    ...tables.map(([table, nft]) => step(`make the nft table ${table}`, { nft }, { nft: `delete table ${table}` })),
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
    const text = await host.run(['nft', '-s', 'list', 'table', ...guardTable('ip6', settings).split(' ')]);
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
  const own = [...spool, ...settings.self].map((text) => prefixWord('ip', text));
  const forced = interfaces.map(interfaceName);
  return (
    replaceSet(`${guardTable('ip6', settings)} forced`, forced) + replaceSet(`${guardTable('ip', settings)} own4`, own)
  );
}
