/**
 * The forward guard: a table of its own that no process owns, so that it outlives a killed agent. From before the first
 * sysctl is set until the last is back, packets that come in by an interface that forwards only because of us reach the
 * device or nothing (S5).
 */
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

/** Makes the guard, with nothing guarded yet; what is left of one of that name is replaced. */
export function guardStep(settings: GuardSettings): Step {
  const table = `inet ${guardTable(settings)}`;
  const device = interfaceName(settings.device);
  const commands = `add table ${table}
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
  return step(`make the nft table ${table}`, { nft: commands }, { nft: `delete table ${table}` });
}

/** The commands after which exactly these interfaces are guarded. */
export function guardedCommands(settings: GuardSettings, interfaces: readonly string[]): string {
  const set = `inet ${guardTable(settings)} forced`;
  const elements = interfaces.map(interfaceName).join(', ');
  return `flush set ${set}\n${elements === '' ? '' : `add element ${set} { ${elements} }\n`}`;
}
