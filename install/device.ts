/**
 * The steps that make an existing TUN device the way to the spool. The device is not persistent: address, routes and
 * its sysctls go with the process that opened it.
 */
import { checkedInterfaceName } from './interface-name.ts';
import { type Step, step } from './step.ts';

/** All text comes from outside; it becomes arguments of `ip`, each of them one argument whatever it holds. */
export interface DeviceSettings {
  /** The TUN device: `bis0`. */
  readonly device: string;
  /** The IPv4 address that is ours alone: `172.21.112.1`; and those before it that are still in use. */
  readonly self: string;
  readonly earlier?: readonly string[];
  /** The IPv4 prefixes that are routed to the device: `['10.170.160.0/20']`. */
  readonly spool: readonly string[];
  /** The IPv6 prefix of translated sources, a /96. */
  readonly ula: string;
  /** The MTU of the route to the spool, in octets: the uplink's IPv6 MTU less 20, so that TCP agrees on a fitting MSS. */
  readonly mtu: number;
}

/** The smallest MTU every IPv4 link carries (RFC 791 §3.1) and the largest a packet can have. */
const LEAST_MTU = 68;
const MOST_MTU = 65_535;

/**
 * The device's own sysctls: no address and no Router Solicitation of the kernel's making, nothing learnt from what the
 * translator writes.
 */
function sysctls(device: string): [string, string][] {
  const ipv6 = `/proc/sys/net/ipv6/conf/${device}`;
  const ipv4 = `/proc/sys/net/ipv4/conf/${device}`;
  return [
    [`${ipv6}/disable_ipv6`, '0'],
    [`${ipv6}/addr_gen_mode`, '1'],
    [`${ipv6}/accept_ra`, '0'],
    [`${ipv6}/autoconf`, '0'],
    [`${ipv6}/router_solicitations`, '0'],
    [`${ipv6}/accept_redirects`, '0'],
    [`${ipv4}/accept_redirects`, '0'],
    [`${ipv4}/send_redirects`, '0'],
  ];
}

/**
 * The steps, in the order that lets no packet of the kernel's own out of the device first: sysctls, address, up, routes.
 * Each of them is safe to repeat, as when the uplink's MTU has changed.
 */
export function deviceSteps({ device: name, self, earlier = [], spool, ula, mtu }: DeviceSettings): Step[] {
  const device = checkedInterfaceName(name);
  if (!Number.isInteger(mtu) || mtu < LEAST_MTU || mtu > MOST_MTU)
    throw new Error(`Cannot route with an MTU of ${mtu}`);
  return [
    ...sysctls(device).map(([path, text]) => step(`set ${path} to ${text}`, { path, text })),
    ...[self, ...earlier].map((address) =>
      step(
        `give ${device} the address ${address}`,
        ['ip', '-4', 'address', 'replace', `${address}/32`, 'dev', device],
        ['ip', '-4', 'address', 'del', `${address}/32`, 'dev', device],
      ),
    ),
    step(`set ${device} up`, ['ip', 'link', 'set', device, 'up'], ['ip', 'link', 'set', device, 'down']),
    ...spool.map((prefix) =>
      step(
        `route ${prefix} to ${device}`,
        ['ip', '-4', 'route', 'replace', prefix, 'dev', device, 'src', self, 'mtu', String(mtu)],
        ['ip', '-4', 'route', 'del', prefix, 'dev', device],
      ),
    ),
    step(
      `route ${ula} to ${device}`,
      ['ip', '-6', 'route', 'replace', ula, 'dev', device],
      ['ip', '-6', 'route', 'del', ula, 'dev', device],
    ),
  ];
}
