/**
 * The forward guard: a table of its own that no process owns, so that it outlives a killed agent. From before the first
 * sysctl is set until the last is back, packets that come in by an interface that forwards only because of us reach the
 * device or nothing (S5).
 */
import { CommandError, type Host } from './host.ts';
import { interfaceName, type NftWord, tableName } from './nft-word.ts';
import { type Step, step } from './step.ts';

/** What the guard is made of: the name of our tables, and the device. */
export interface GuardSettings {
  readonly table: string;
  readonly device: string;
}

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
  comment "of bis: goes when the interfaces below forward no more"

  set forced {
    type ifname
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname @forced oifname != ${device} meta nfproto ipv6 counter drop
  }
}
`;
}

/** Makes the guard, in the place of what is left of one of that name. */
export function guardStep(settings: GuardSettings): Step {
  const table = `inet ${guardTable(settings)}`;
  return step(`make the nft table ${table}`, { nft: guardCommands(settings) }, { nft: `delete table ${table}` });
}

/** Whether the guard is there and guards these interfaces. Rejects when `nft` cannot be run. */
export async function isGuardWhole(
  host: Host,
  settings: GuardSettings,
  interfaces: readonly string[],
): Promise<boolean> {
  try {
    const text = await host.run(['nft', '-s', 'list', 'table', 'inet', guardTable(settings)]);
    const isThere = /hook forward/.test(text) && /iifname @forced oifname != .* drop/.test(text);
    return isThere && interfaces.every((name) => text.includes(interfaceName(name)));
  } catch (error) {
    if (error instanceof CommandError && /No such file/.test(error.stderr)) return false;
    throw error;
  }
}

/** The commands after which exactly these interfaces are guarded. */
export function guardedCommands(settings: GuardSettings, interfaces: readonly string[]): string {
  const set = `inet ${guardTable(settings)} forced`;
  const elements = interfaces.map(interfaceName).join(', ');
  return `flush set ${set}\n${elements === '' ? '' : `add element ${set} { ${elements} }\n`}`;
}
