/** Where the benchmark runs: one client for each way to the server, so that none changes the host of another. */
import type { HostSpec, LinkSpec, Topology } from '../lab/topology.ts';

/** The ways to the server that are compared. */
export const ways = ['native', 'bis', 'tayga'] as const;
export type Way = (typeof ways)[number];

/** The server's address on the cable to a client. */
export function serverOf(way: Way): string {
  return `2001:db8:${ways.indexOf(way) + 1}::2`;
}

const client = (way: Way): HostSpec => ({ name: way, etc: { 'resolv.conf': `nameserver ${serverOf(way)}\n` } });

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
 *   bis     eth0 2001:db8:2::1/64 ──── to-bis    2001:db8:2::2/64 ├ host6: iperf3, DNS
 *   tayga   eth0 2001:db8:3::1/64 ──── to-tayga  2001:db8:3::2/64 ┘
 * ```
 */
export const benchNetwork: Topology = {
  hosts: [...ways.map(client), { name: 'host6' }],
  links: ways.map(cable),
};
