/** The networks of the interop tests: made by hand, with name servers that others wrote, in the places they are found. */
import type { Topology } from '../lab/topology.ts';
import { sshEtc } from './ssh-server.ts';

/** What is served. `six` has only IPv6, `both` has both, `www` is an alias of `six`. */
export const names = { six: 'six.example', both: 'both.example', alias: 'www.example' } as const;

/** Addresses of the server: of its services, of its IPv4 side where it has one, and on the link. */
export const server = { ipv6: '2001:db8:6::2', ipv4: '198.51.100.2', linkLocal: 'fe80::53' } as const;

/** Where `/etc/resolv.conf` of `dual` says that the name server is. */
export interface Place {
  readonly title: string;
  /** As it stands in `/etc/resolv.conf`. */
  readonly nameServer: string;
  /** Whether the link carries IPv4 too, with a default route. Services on it stay IPv6 only. */
  readonly hasIpv4: boolean;
  /** Whether a stub runs on `dual` itself and asks the server. */
  readonly hasStub?: boolean;
}

export const places = {
  ipv6: { title: 'an IPv6 server', nameServer: server.ipv6, hasIpv4: true },
  ipv4: { title: 'an IPv4 server on a dual-stacked link', nameServer: server.ipv4, hasIpv4: true },
  linkLocal: { title: 'a link-local server', nameServer: `${server.linkLocal}%eth0`, hasIpv4: false },
  stub: { title: 'the server of a stub on loopback', nameServer: '127.0.0.1', hasIpv4: true, hasStub: true },
} as const satisfies Record<string, Place>;

/**
 * ```
 *         dual                          host6
 *   eth0  2001:db8:6::1/64  ──────────  eth0  2001:db8:6::2/64    HTTP, SSH, echo, iperf3: IPv6 only
 *         198.51.100.1/24               ·     198.51.100.2/24     where the place has IPv4
 *                                             fe80::53/64         unbound or dnsmasq
 *   lo    127.0.0.1                                               dnsmasq as a stub, where the place has one
 * ```
 */
export function interopNetwork(place: Place): Topology {
  const ipv4 = (address: string): string[] => (place.hasIpv4 ? [`${address}/24`] : []);
  const routes = [['default', 'via', server.ipv6], ...(place.hasIpv4 ? [['default', 'via', server.ipv4]] : [])];
  return {
    hosts: [
      { name: 'dual', etc: { 'resolv.conf': `nameserver ${place.nameServer}\n` }, routes },
      {
        name: 'host6',
        etc: sshEtc,
      },
    ],
    links: [
      {
        ends: [
          { host: 'dual', device: 'eth0', addresses: ['2001:db8:6::1/64', ...ipv4('198.51.100.1')] },
          {
            host: 'host6',
            device: 'eth0',
            addresses: [`${server.ipv6}/64`, `${server.linkLocal}/64`, ...ipv4(server.ipv4)],
          },
        ],
      },
    ],
  };
}
