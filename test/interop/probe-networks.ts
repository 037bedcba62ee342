/** The networks of the tests that probe paths: what is too big, what is not there, who answers from the way. */
import { SERVER } from '../lab/networks.ts';
import type { Topology } from '../lab/topology.ts';

/** Names of the probing tests and where they lead. Only `six` answers; the way to the others ends in different ways. */
export const destinations = {
  six: SERVER,
  /** `dual` itself has a route that says so. */
  unreachable: '2001:db8:77::1',
  prohibited: '2001:db8:78::1',
  /** `far` has no route for it. */
  noroute: '2001:db8:99::1',
  /** `near` rejects packets for these, each with the code that its name says (RFC 4443 §3.1). */
  reject0: '2001:db8:6::10',
  reject1: '2001:db8:6::11',
  reject3: '2001:db8:6::13',
  reject4: '2001:db8:6::14',
  reject5: '2001:db8:6::15',
  reject6: '2001:db8:6::16',
  /** For this, it answers with a reset. */
  reset: '2001:db8:6::20',
} as const;

/** The name of `six`, for those who have its address only. */
const reverse = `${'2.'.padEnd(40, '0.')}6.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR six.example.\n`;

/** The zone file of the probing tests. */
export const zone: string = Object.entries(destinations)
  .map(([name, address]) => `${name}.example. 300 IN AAAA ${address}\n`)
  .concat(reverse)
  .join('');

/**
 * Two routers, and between them less room than on either side, so that path MTU discovery has work in both directions.
 * ```
 *         dual                         near                       far                         host6
 *   eth0  2001:db8:1::1/64  ────────  lan0  …:1::fe   wan0 ════ wan0   lan0  …:6::fe  ──────  eth0  2001:db8:6::2/64
 *         198.51.100.1/24     1500                     `mtu`                           1500          HTTP, DNS, echo, iperf3
 * ```
 */
export function narrow(mtu: number): Topology {
  return {
    hosts: [
      { name: 'near', kind: 'router', routes: [['default', 'via', '2001:db8:2::2']] },
      { name: 'far', kind: 'router', routes: [['2001:db8:1::/64', 'via', '2001:db8:2::1']] },
      {
        name: 'dual',
        etc: { 'resolv.conf': `nameserver ${SERVER}\n` },
        routes: [
          ['default', 'via', '2001:db8:1::fe'],
          ['unreachable', '2001:db8:77::/48'],
          ['prohibit', '2001:db8:78::/48'],
        ],
      },
      { name: 'host6', routes: [['default', 'via', '2001:db8:6::fe']] },
    ],
    links: [
      {
        ends: [
          { host: 'near', device: 'lan0', addresses: ['2001:db8:1::fe/64'] },
          { host: 'dual', device: 'eth0', addresses: ['2001:db8:1::1/64', '198.51.100.1/24'] },
        ],
      },
      {
        mtu,
        ends: [
          { host: 'near', device: 'wan0', addresses: ['2001:db8:2::1/64'] },
          { host: 'far', device: 'wan0', addresses: ['2001:db8:2::2/64'] },
        ],
      },
      {
        ends: [
          { host: 'far', device: 'lan0', addresses: ['2001:db8:6::fe/64'] },
          { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] },
        ],
      },
    ],
  };
}
