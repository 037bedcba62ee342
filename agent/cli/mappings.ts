/** `bis mappings`: which IPv4 address stands for which IPv6 address. */
import type { Command } from 'commander';
import type { MappingRow } from '../control/agent.ts';
import { asJson, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';
import { columns, duration, octets } from './text.ts';

const about = `
Lists the spool addresses in use and the IPv6 addresses they stand for, with the names that were asked for. A promised
mapping was given in an answer that is still valid, a live one is in use; an idle one may be recycled.
A stranger is a peer that was not asked for by name, but sent a packet.`;

export function addMappings(program: Command): void {
  instanceCommand(program, 'mappings', 'list which IPv4 address stands for which IPv6 address', about)
    .addOption(asJson())
    .action((options: InstanceOptions & { json?: true }) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const { json } = await import('./text.ts');
        const mappings = await new ControlClient(options.runtimeDir).mappings();
        print(options.json ? [json({ mappings })] : mappingsText(mappings));
        return exitCode.DONE;
      }),
    );
}

/** A table with a heading; only the heading if there are none. */
export function mappingsText(mappings: readonly MappingRow[]): string[] {
  const heading = ['IPV4', 'IPV6', 'STATE', 'AGE', 'PROMISED', 'LAST PACKET', 'PACKETS', 'OCTETS', 'NAMES'];
  return columns([
    heading,
    ...mappings.map((row) => [
      row.ipv4,
      row.ipv6,
      row.isStranger ? `${row.state}, stranger` : row.state,
      duration(row.ageSeconds),
      row.promisedForSeconds > 0 ? `for ${duration(row.promisedForSeconds)}` : '-',
      row.lastPacketSecondsAgo === null ? '-' : `${duration(row.lastPacketSecondsAgo)} ago`,
      String(row.packets),
      octets(row.octets),
      row.names.join(' '),
    ]),
  ]);
}
