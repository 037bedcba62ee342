/** DNS servers that programs ask, and our side of it, for the tests of what catches questions. For tests only. */
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { Topology } from '../../test/lab/topology.ts';
import type { Nft } from '../nft.ts';
import type { SnoopPair } from '../table-snoop.ts';
import { snoop4Commands } from '../table-snoop-chains.ts';
import { raiseTables } from './bump.ts';
import { inNamespace } from './namespace.ts';
import { settings } from './settings.ts';
import { settle } from './settle.ts';
import { ClientSocket, type SocketOptions } from './socket.ts';

/**
 * ```
 *         dual                                server
 *   eth0  192.0.2.1/24           ───────────  eth0  192.0.2.53/24, 192.0.2.54/24
 *         2001:db8:6::1/64                          2001:db8:6::53/64
 *         fe80::1                                   fe80::53
 * ```
 * Whatever `server` is asked it answers `native`; our side, and a stub on 127.0.0.53, `caught` and `stub`.
 */
const topology: Topology = {
  hosts: [{ name: 'dual' }, { name: 'server' }],
  links: [
    {
      ends: [
        { host: 'dual', device: 'eth0', addresses: ['192.0.2.1/24', '2001:db8:6::1/64', 'fe80::1/64'] },
        {
          host: 'server',
          device: 'eth0',
          addresses: ['192.0.2.53/24', '192.0.2.54/24', '2001:db8:6::53/64', 'fe80::53/64'],
        },
      ],
    },
  ],
};

export const pairs: readonly SnoopPair[] = [
  { device: 'eth0', server: '192.0.2.53', address: '192.0.2.1', port: 5301 },
  { device: 'eth0', server: '2001:db8:6::53', address: '2001:db8:6::1', port: 5302 },
  { device: 'eth0', server: 'fe80::53', address: 'fe80::1', port: 5303 },
  { device: 'lo', server: '127.0.0.53', address: '127.0.0.1', port: 5304 },
];

/** Tables, with the chains for both families. */
export function raiseCatching(namespace: string): Nft {
  const nft = raiseTables(namespace);
  nft.run(snoop4Commands(settings, true));
  return nft;
}

/** Has a host answer with a word whatever it is asked. */
export async function say(host: LabHost, word: string, address: string, port: number): Promise<void> {
  const zone = address.startsWith('fe80') ? '%eth0' : '';
  await host.start([...nodeCommand('install/testing/say.ts'), word, `${address}${zone}`, String(port)]).says(/ready/);
}

/** A lab host whose servers answer, and ours; opens sockets on it. */
export async function snoopScene(): Promise<{
  lab: Lab;
  open: (server: string, options?: SocketOptions, port?: number) => ClientSocket;
}> {
  const lab = await Lab.build(topology);
  const [dual, server] = [lab.host('dual'), lab.host('server')];
  await settle(dual, ['192.0.2.53', '2001:db8:6::53', 'fe80::53%eth0']);
  await Promise.all([
    ...['192.0.2.53', '192.0.2.54', '2001:db8:6::53', 'fe80::53'].map((address) => say(server, 'native', address, 53)),
    say(dual, 'stub', '127.0.0.53', 53),
    ...pairs.map(({ address, port }) => say(dual, 'caught', address, port)),
  ]);
  return {
    lab,
    open: (address, options, port = 53) => inNamespace(dual.namespace, () => new ClientSocket(address, port, options)),
  };
}

/** Asks once on a new socket. */
export function askOnce(socket: ClientSocket): string {
  const answer = socket.ask();
  socket.close();
  return answer;
}
