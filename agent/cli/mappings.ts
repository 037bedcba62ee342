/** `bis mappings`: which IPv4 address stands for which IPv6 address. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { MappingRow } from '../control/agent.ts';
import { asJson, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';
import { columns, duration, octets } from './text.ts';

/** How often `--watch` prints, in milliseconds. */
const WATCH_MILLISECONDS = 1000;

const about = `
Lists the spool addresses in use and the IPv6 addresses they stand for, with the names that were asked for. A promised
mapping was given in an answer that is still valid, a live one is in use; an idle one may be recycled.
A stranger is a peer that was not asked for by name, but sent a packet.`;

export function addMappings(program: Command): void {
  instanceCommand(program, 'mappings', 'list which IPv4 address stands for which IPv6 address', about)
    .addOption(asJson())
    .option('--watch', 'print them again every second; with --json one line each time')
    .action((options: InstanceOptions & { json?: true; watch?: true }) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const { json } = await import('./text.ts');
        const client = new ControlClient(options.runtimeDir);
        for (;;) {
          const mappings = await client.mappings();
          if (options.json) print([options.watch ? oneLine(json({ mappings })) : json({ mappings })]);
          else print(options.watch ? onScreen(mappingsText(mappings)) : mappingsText(mappings));
          if (options.watch === undefined) return exitCode.DONE;
          await sleep(WATCH_MILLISECONDS);
        }
      }),
    );
}

/** JSON without indentation: JSON has line ends nowhere else, since those in text are escaped. */
function oneLine(text: string): string {
  return text.replace(/\n */g, '');
}

/** From the top of a terminal, cut to its height and width; elsewhere behind an empty line. */
function onScreen(lines: readonly string[]): string[] {
  const { isTTY, rows, columns: width } = process.stdout;
  if (!isTTY) return [...lines, ''];
  const [first = '', ...rest] = lines.slice(0, rows - 1).map((line) => line.slice(0, width));
  return [`\x1b[H\x1b[2J${first}`, ...rest];
}

/** A table with a heading; only the heading if there are none. */
function mappingsText(mappings: readonly MappingRow[]): string[] {
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
