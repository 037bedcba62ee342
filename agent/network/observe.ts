/** What the host's network looks like now: addresses and routes, as iproute2 tells them (ip-address(8), ip-route(8)). */
import type { Host } from '../../install/host.ts';
import { formatIpv6, parseIpv6 } from '../../mapper/address/ipv6.ts';

/** One address of an interface. */
export interface InterfaceAddress {
  readonly family: 'inet' | 'inet6';
  /** Canonical text, without prefix length or zone. */
  readonly address: string;
  readonly prefixLength: number;
}

export interface NetworkInterface {
  readonly name: string;
  readonly isUp: boolean;
  /** In octets; for IPv6 the link's own or the one a router announced, whichever is less. */
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
}

/** A route of any table, whether packets could take it now or not. */
export interface Route {
  /** `unicast`; else what becomes of packets: `local`, `blackhole`, `unreachable` … */
  readonly type: string;
  /** A prefix, a host or `default`. */
  readonly destination: string;
  /** The devices it leads out of, those whose link is down left out; several with multipath, or none. */
  readonly devices: readonly string[];
  /** The address of this host that packets are to have which take it, where it names one. */
  readonly source?: string;
  /** The lower, the sooner it is taken. */
  readonly metric: number;
  /** Whether it is in the table `main`. */
  readonly isMain: boolean;
}

export interface Network {
  readonly interfaces: readonly NetworkInterface[];
  readonly routes4: readonly Route[];
  readonly routes6: readonly Route[];
}

interface IpAddress {
  ifname: string;
  mtu: number;
  flags: string[];
  addr_info?: { family?: string; local?: string; prefixlen?: number }[];
}

interface IpHop {
  dev?: string;
  flags?: string[];
}

interface IpRoute extends IpHop {
  type?: string;
  dst?: string;
  prefsrc?: string;
  metric?: number;
  table?: string;
  nexthops?: IpHop[];
}

/** Reads addresses and routes. Rejects when `ip` cannot be run. */
export async function observeNetwork(host: Host): Promise<Network> {
  const [addresses, routes4, routes6] = await Promise.all([
    host.run(['ip', '-j', 'addr', 'show']),
    host.run(['ip', '-j', '-4', 'route', 'show', 'table', 'all']),
    host.run(['ip', '-j', '-6', 'route', 'show', 'table', 'all']),
  ]);
  return {
    interfaces: list<IpAddress>(addresses).map((link) => readInterface(host, link)),
    routes4: list<IpRoute>(routes4).flatMap(readRoute),
    routes6: list<IpRoute>(routes6).flatMap(readRoute),
  };
}

/** What `ip -j` prints; nothing at all when there is nothing to list. */
function list<T>(json: string): T[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as T[]);
}

function readInterface(host: Host, { ifname, mtu, flags, addr_info = [] }: IpAddress): NetworkInterface {
  const announced = Number(host.readText(`/proc/sys/net/ipv6/conf/${ifname}/mtu`) ?? mtu);
  return {
    name: ifname,
    isUp: flags.includes('UP'),
    mtu: Math.min(mtu, announced || mtu),
    addresses: addr_info.flatMap(({ family, local, prefixlen }) => {
      if ((family !== 'inet' && family !== 'inet6') || local === undefined) return [];
      return [{ family, address: canonical(local), prefixLength: prefixlen ?? (family === 'inet' ? 32 : 128) }];
    }),
  };
}

/** `ip` prints IPv6 addresses as we do, but for mapped ones; one form makes texts comparable. */
function canonical(text: string): string {
  const address = parseIpv6(text);
  return address === undefined ? text : formatIpv6(address);
}

function readRoute({ type = 'unicast', dst, dev, flags, nexthops, prefsrc, metric = 0, table }: IpRoute): Route[] {
  if (dst === undefined) return [];
  const hops = nexthops ?? [{ ...(dev === undefined ? {} : { dev }), ...(flags === undefined ? {} : { flags }) }];
  const devices = hops
    .filter(({ flags: hopFlags = [] }) => !hopFlags.includes('linkdown') && !hopFlags.includes('dead'))
    .flatMap((hop) => (hop.dev === undefined ? [] : [hop.dev]));
  const source = prefsrc === undefined ? {} : { source: canonical(prefsrc) };
  const isMain = table === undefined || table === 'main';
  return [{ type, destination: dst, devices, metric, isMain, ...source }];
}
