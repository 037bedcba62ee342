/** `bis map`: IPv4 addresses that stand for a peer for ever, because somebody said so (RFC 7757). */
import type { Command } from 'commander';
import type { AgentState, ExplicitRow } from '../control/agent.ts';
import { asJson, complain, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode, exitCodeHelp } from './exit-code.ts';
import { columns } from './text.ts';

const about = `
IPv4 addresses or prefixes that stand for IPv6 ones for ever: for programs that know an address and no name.`;

const aboutAdd = `
Makes an IPv4 address stand for an IPv6 address, or for the address of a name, which is asked for again when its time to
live has passed; or an IPv4 prefix for an IPv6 prefix. The IPv4 side must not overlap the spool. An entry of the same IPv4
prefix is replaced. While a peer's spool address is in use, the entry waits. It lasts until 'bis map remove' or the end of
the daemon; for longer, write it into the configuration.`;

const aboutRemove = `
Ends an explicit mapping, from the command line or the configuration. Connections through it break.`;

export function addMap(program: Command): void {
  const map = program
    .command('map')
    .summary('fixed pairs of addresses')
    .description(about.trim().replaceAll('\n', ' '))
    .helpCommand(false)
    .addHelpText('after', exitCodeHelp);
  instanceCommand(map, 'add', 'make an IPv4 address stand for a peer', aboutAdd)
    .argument('<ipv4>', 'address or prefix, such as 192.0.2.7 or 198.51.100.0/24')
    .argument('<to>', 'IPv6 address, name, or prefix')
    .option('--now', 'take over at once, although the peer is in use')
    .action((ipv4: string, to: string, options: InstanceOptions & { now?: true }) =>
      finish(async () => {
        const { parseExplicitEntry } = await import('../../mapper/explicit-entry.ts');
        if (parseExplicitEntry(ipv4, to) === undefined) {
          complain(`Cannot map ${ipv4} to ${to}: they are no addresses or prefixes of fitting lengths`);
          return exitCode.USAGE;
        }
        const daemon = await client(options);
        const rows = await daemon.map(ipv4, to, options.now === true);
        print([added(ipv4, rows, (await daemon.status()).state)]);
        return exitCode.DONE;
      }),
    );
  instanceCommand(map, 'remove', 'end an explicit mapping', aboutRemove)
    .argument('<ipv4>', 'address or prefix')
    .action((ipv4: string, options: InstanceOptions) =>
      finish(async () => {
        await (await client(options)).unmap(ipv4);
        print([`${ipv4} stands for nobody`]);
        return exitCode.DONE;
      }),
    );
  instanceCommand(map, 'list', 'list explicit mappings', 'Lists explicit mappings, and whether they hold.')
    .addOption(asJson())
    .action((options: InstanceOptions & { json?: true }) =>
      finish(async () => {
        const { json } = await import('./text.ts');
        const explicit = await (await client(options)).explicit();
        print(options.json ? [json({ explicit })] : explicitText(explicit));
        return exitCode.DONE;
      }),
    );
}

/** A table with a heading; only the heading if there are none. */
function explicitText(rows: readonly ExplicitRow[]): string[] {
  const heading = ['IPV4', 'IPV6', 'STATE', 'FROM', 'NAME'];
  return columns([
    heading,
    ...rows.map(({ ipv4, ipv6, state, isConfigured, name }) => [
      ipv4,
      ipv6 ?? '-',
      state,
      isConfigured ? 'configuration' : 'command',
      name ?? '-',
    ]),
  ]);
}

async function client({ runtimeDir }: InstanceOptions) {
  const { ControlClient } = await import('../control/client.ts');
  return new ControlClient(runtimeDir);
}

/** What has become of an entry, in one line. */
function added(ipv4: string, rows: readonly ExplicitRow[], state: AgentState): string {
  const row = rows.find((each) => each.ipv4 === ipv4.replace(/\/32$/, ''));
  switch (row?.state) {
    case 'active':
      return `${row.ipv4} stands for ${row.ipv6}`;
    case 'unresolved':
      return `${row.ipv4} will stand for ${row.name} when it has an address`;
    default:
      return state === 'up' || state === 'degraded'
        ? `${ipv4} waits until the spool address of its peer is not in use any more; --now does not wait`
        : `${ipv4} waits until bis is up`;
  }
}
