/** The networks that the demonstration, the benchmarks and the tests run in, each under its drawing. */
import type { Topology } from './topology.ts';

/** Where the servers of `host6` are found: the same address in every network. */
export const SERVER = '2001:db8:6::2';

/**
 * The smallest network with a place for the bump: a host with both protocols, and a server that has only IPv6.
 * ```
 *         dual                          host6
 *   eth0  2001:db8:6::1/64  ──────────  eth0  2001:db8:6::2/64   HTTP, DNS, echo, iperf3
 *         198.51.100.1/24               (no IPv4)
 * ```
 * The IPv4 address of `dual` leads nowhere: nobody on the link answers it.
 */
export const pair: Topology = {
  hosts: [
    { name: 'dual', etc: { 'resolv.conf': `nameserver ${SERVER}\n` }, routes: [['default', 'via', SERVER]] },
    { name: 'host6' },
  ],
  links: [
    {
      ends: [
        { host: 'dual', device: 'eth0', addresses: ['2001:db8:6::1/64', '198.51.100.1/24'] },
        { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] },
      ],
    },
  ],
};

/**
 * A shared link, with somebody on it who is not a friend.
 * ```
 *         dual                         neighbour                      host6
 *   eth0  2001:db8:6::1/64       eth0  2001:db8:6::66/64        eth0  2001:db8:6::2/64
 *         198.51.100.1/24              198.51.100.66/24               (no IPv4)
 *           │                            │                              │
 *           └────────────────────────── lan ────────────────────────────┘   a bridge
 * ```
 */
export const lan: Topology = {
  hosts: [
    { name: 'lan', kind: 'switch' },
    { name: 'dual', etc: { 'resolv.conf': `nameserver ${SERVER}\n` }, routes: [['default', 'via', SERVER]] },
    { name: 'neighbour' },
    { name: 'host6' },
  ],
  links: [
    {
      ends: [
        { host: 'lan', device: 'port1' },
        { host: 'dual', device: 'eth0', addresses: ['2001:db8:6::1/64', '198.51.100.1/24'] },
      ],
    },
    {
      ends: [
        { host: 'lan', device: 'port2' },
        { host: 'neighbour', device: 'eth0', addresses: ['2001:db8:6::66/64', '198.51.100.66/24'] },
      ],
    },
    {
      ends: [
        { host: 'lan', device: 'port3' },
        { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] },
      ],
    },
  ],
};

/**
 * A router between the two, over a narrower link: packets lose a hop and may be too big.
 * ```
 *         dual                          router                            host6
 *   eth0  2001:db8:1::1/64  ──────────  lan0  2001:db8:1::fe/64
 *         198.51.100.1/24               wan0  2001:db8:6::fe/64  ───────  eth0  2001:db8:6::2/64
 *                                             mtu 1280                         (no IPv4)
 * ```
 */
export const routed: Topology = {
  hosts: [
    { name: 'router', kind: 'router' },
    {
      name: 'dual',
      etc: { 'resolv.conf': `nameserver ${SERVER}\n` },
      routes: [['default', 'via', '2001:db8:1::fe']],
    },
    { name: 'host6', routes: [['default', 'via', '2001:db8:6::fe']] },
  ],
  links: [
    {
      ends: [
        { host: 'router', device: 'lan0', addresses: ['2001:db8:1::fe/64'] },
        { host: 'dual', device: 'eth0', addresses: ['2001:db8:1::1/64', '198.51.100.1/24'] },
      ],
    },
    {
      mtu: 1280,
      ends: [
        { host: 'router', device: 'wan0', addresses: ['2001:db8:6::fe/64'] },
        { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] },
      ],
    },
  ],
};
