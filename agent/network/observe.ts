/** What the host's network looks like now: addresses and routes, as iproute2 tells them (ip-address(8), ip-route(8)). */
import type { Host } from '../../install/host.ts';
import { formatIpv6, parseIpv6 } from '../../mapper/address/ipv6.ts';

/** One address of an interface. */
export interface InterfaceAddress {
  readonly family: 'inet' | 'inet6';
  /** Canonical text, without prefix length or zone. */
  readonly address: string;
  readonly prefixLength: number;
  /** Whether programs may be given it as a source: the same on all of the network, none that is new or on its way out. */
  readonly isUsual: boolean;
  /** Whether packets may have it: the kernel has asked whether somebody else does (RFC 4862 §5.4). */
  readonly isReady: boolean;
  /** Whether somebody does. */
  readonly isDuplicate: boolean;
  /** Whether it has a lifetime, as those have that were announced or leased. */
  readonly isDynamic: boolean;
  /** Whether it is one of those that change for the sake of privacy (RFC 8981). */
  readonly isTemporary: boolean;
}

export interface NetworkInterface {
  readonly name: string;
  /** The kernel's number of it. */
  readonly index: number;
  readonly isUp: boolean;
  /** Whether it leads to a link with neighbours, whose addresses are found by asking them (RFC 4861). */
  readonly hasNeighbours: boolean;
  /** In octets; for IPv6 the link's own or the one a router announced, whichever is less. */
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
  /** Whether the kernel prefers temporary addresses here. */
  readonly prefersTemporary: boolean;
}

/** A next hop. */
export interface Router {
  readonly device: string;
  readonly address: string;
}

/** A route of any table, whether packets could take it now or not. */
export interface Route {
  /** `unicast`; else what becomes of packets: `local`, `blackhole`, `unreachable` … */
  readonly type: string;
  /** A prefix, a host or `default`. */
  readonly destination: string;
  /** The devices it leads out of, those whose link is down left out; several with multipath, or none. */
  readonly devices: readonly string[];
  /** Those of its next hops that are routers, as far as their link is up. */
  readonly routers: readonly Router[];
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

interface IpLink {
  ifindex: number;
  ifname: string;
  mtu: number;
  flags: string[];
  addr_info?: IpAddress[];
}

interface IpAddress {
  family?: string;
  local?: string;
  prefixlen?: number;
  scope?: string;
  dynamic?: boolean;
  temporary?: boolean;
  tentative?: boolean;
  dadfailed?: boolean;
  deprecated?: boolean;
}

interface IpHop {
  dev?: string;
  gateway?: string;
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
    interfaces: list<IpLink>(addresses).map((link) => readInterface(host, link)),
    routes4: list<IpRoute>(routes4).flatMap(readRoute),
    routes6: list<IpRoute>(routes6).flatMap(readRoute),
  };
}

/** What `ip -j` prints; nothing at all when there is nothing to list. */
function list<T>(json: string): T[] {
  return json.trim() === '' ? [] : (JSON.parse(json) as T[]);
}

function readInterface(host: Host, { ifindex, ifname, mtu, flags, addr_info = [] }: IpLink): NetworkInterface {
  const setting = (key: string): string | undefined => host.readText(`/proc/sys/net/ipv6/conf/${ifname}/${key}`);
  const announced = Number(setting('mtu') ?? mtu);
  return {
    name: ifname,
    index: ifindex,
    isUp: flags.includes('UP'),
    hasNeighbours: !['NOARP', 'POINTOPOINT', 'LOOPBACK'].some((flag) => flags.includes(flag)),
    mtu: Math.min(mtu, announced || mtu),
    addresses: addr_info.flatMap(readAddress),
    prefersTemporary: Number(setting('use_tempaddr') ?? 0) > 1,
  };
}

function readAddress({ family, local, prefixlen, scope, ...is }: IpAddress): InterfaceAddress[] {
  if ((family !== 'inet' && family !== 'inet6') || local === undefined) return [];
  const isReady = is.tentative !== true && is.dadfailed !== true;
  return [
    {
      family,
      address: canonical(local),
      prefixLength: prefixlen ?? (family === 'inet' ? 32 : 128),
      isUsual: scope === 'global' && isReady && is.deprecated !== true,
      isReady,
      isDuplicate: is.dadfailed === true,
      isDynamic: is.dynamic === true,
      isTemporary: is.temporary === true,
    },
  ];
}

/** `ip` prints IPv6 addresses as we do, but for mapped ones; one form makes texts comparable. */
function canonical(text: string): string {
  const address = parseIpv6(text);
  return address === undefined ? text : formatIpv6(address);
}

function readRoute(route: IpRoute): Route[] {
  const { type = 'unicast', dst, nexthops = [route], prefsrc, metric = 0, table } = route;
  if (dst === undefined) return [];
  const hops = nexthops.flatMap(({ dev, gateway, flags = [] }) => {
    const isUsable = dev !== undefined && !flags.includes('linkdown') && !flags.includes('dead');
    return isUsable ? [{ device: dev, address: gateway }] : [];
  });
  return [
    {
      type,
      destination: dst,
      devices: hops.map(({ device }) => device),
      routers: hops.flatMap(({ device, address }) =>
        address === undefined ? [] : [{ device, address: canonical(address) }],
      ),
      metric,
      isMain: table === undefined || table === 'main',
      ...(prefsrc === undefined ? {} : { source: canonical(prefsrc) }),
    },
  ];
}
