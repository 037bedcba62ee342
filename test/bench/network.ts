/** Where the benchmark runs: one client for each way to the server, so that none changes the host of another. */
import type { HostSpec, LinkSpec, Topology } from '../lab/topology.ts';

/** The ways to the server that are compared. */
export const ways = ['native', 'bis', 'tayga'] as const;
export type Way = (typeof ways)[number];

/** The server's address on the cable to a client. */
export function serverOf(way: Way): string {
  return `2001:db8:${ways.indexOf(way) + 1}::2`;
}

/** All of these are the server too: an address for every fresh name. */
const manyAddresses = (way: Way): string => `2001:db8:1${ways.indexOf(way) + 1}:`;

/** Names nobody has asked for yet, with `%d` in the place of a number, and their records. */
export const freshNames = (way: Way): string => `n%d.${way}.example.`;

export function zoneLines(namesForEach: number): string[] {
  const records = (way: Way): string[] =>
    Array.from({ length: namesForEach }, (_, number) => {
      const address = `${manyAddresses(way)}:${(number + 1).toString(16)}`;
      return `${freshNames(way).replace('%d', String(number))} 300 IN AAAA ${address}`;
    });
  return [`six.example. 300 IN AAAA ${serverOf('bis')}`, ...ways.flatMap(records)];
}

const client = (way: Way): HostSpec => ({
  name: way,
  etc: { 'resolv.conf': `nameserver ${serverOf(way)}\n` },
  routes: [[`${manyAddresses(way)}:/64`, 'via', serverOf(way)]],
});

const host6: HostSpec = {
  name: 'host6',
  routes: ways.map((way) => ['local', `${manyAddresses(way)}:/64`, 'dev', 'lo']),
};

const cable = (way: Way): LinkSpec => ({
  ends: [
    {
      host: way,
      device: 'eth0',
      addresses: [`2001:db8:${ways.indexOf(way) + 1}::1/64`, '198.51.100.1/24'],
    },
    { host: 'host6', device: `to-${way}`, addresses: [`${serverOf(way)}/64`] },
  ],
});

/**
 * ```
 *   native  eth0 2001:db8:1::1/64 ──── to-native 2001:db8:1::2/64 ┐
 *   bis     eth0 2001:db8:2::1/64 ──── to-bis    2001:db8:2::2/64 ├ host6: iperf3, echo, nginx, DNS
 *   tayga   eth0 2001:db8:3::1/64 ──── to-tayga  2001:db8:3::2/64 ┘
 * ```
 */
export const benchNetwork: Topology = {
  hosts: [...ways.map(client), host6],
  links: ways.map(cable),
};
