/** What the host's network looks like now, as iproute2 tells it, and the few things the agent concludes from it. */

import type { Host } from '../../install/host.ts';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../../mapper/address/ipv6.ts';
import { type Ipv4Prefix, ipv4Prefix, parseIpv4Prefix } from '../../mapper/address/prefix.ts';

/** One address of an interface. */
export interface InterfaceAddress {
  readonly family: 'inet' | 'inet6';
  /** Canonical text, without prefix length or zone. */
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: string;
}

export interface NetworkInterface {
  readonly name: string;
  readonly isUp: boolean;
  /** In octets; for IPv6 the link's own or the one a router announced, whichever is less. */
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
}

/** A unicast route of any table; `destination` is a prefix, a host or `default`. */
export interface Route {
  readonly destination: string;
  readonly device: string;
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
  addr_info: { family?: string; local?: string; prefixlen?: number; scope?: string; address?: string }[];
}

interface IpRoute {
  type?: string;
  dst?: string;
  dev?: string;
  flags?: string[];
}

/** Reads addresses and routes. Rejects when `ip` cannot be run. */
export async function observeNetwork(host: Host): Promise<Network> {
  const [addresses, routes4, routes6] = await Promise.all([
    host.run(['ip', '-j', 'addr', 'show']),
    host.run(['ip', '-j', '-4', 'route', 'show', 'table', 'all']),
    host.run(['ip', '-j', '-6', 'route', 'show', 'table', 'all']),
  ]);
  return {
    interfaces: (JSON.parse(addresses) as IpAddress[]).map((link) => readInterface(host, link)),
    routes4: readRoutes(routes4),
    routes6: readRoutes(routes6),
  };
}

function readInterface(host: Host, link: IpAddress): NetworkInterface {
  const announced = Number(host.readText(`/proc/sys/net/ipv6/conf/${link.ifname}/mtu`) ?? link.mtu);
  return {
    name: link.ifname,
    isUp: link.flags.includes('UP'),
    mtu: Math.min(link.mtu, announced || link.mtu),
    addresses: link.addr_info.flatMap(({ family, local, prefixlen, scope }) => {
      if ((family !== 'inet' && family !== 'inet6') || local === undefined) return [];
      return [{ family, address: canonical(local), prefixLength: prefixlen ?? 128, scope: scope ?? '' }];
    }),
  };
}

/** `ip` prints IPv6 addresses as we do, but for mapped ones; one form makes texts comparable. */
function canonical(text: string): string {
  const address = parseIpv6(text);
  return address === undefined ? text : formatIpv6(address);
}

function readRoutes(json: string): Route[] {
  if (json.trim() === '') return [];
  return (JSON.parse(json) as IpRoute[]).flatMap(({ type, dst, dev, flags }) => {
    const isUnicast = type === undefined || type === 'unicast';
    if (!isUnicast || dst === undefined || dev === undefined || flags?.includes('linkdown')) return [];
    return [{ destination: dst, device: dev }];
  });
}

/** Whether IPv6 packets could leave by an interface: it is up and has a route that is more than its own link. */
export function uplinks(network: Network, own: string): string[] {
  const routed = new Set(
    network.routes6
      .filter(({ destination }) => !/^(fe80:|ff)/.test(destination))
      .map(({ device }) => device)
      .filter((device) => device !== 'lo' && device !== own),
  );
  return network.interfaces.filter(({ name, isUp }) => isUp && routed.has(name)).map(({ name }) => name);
}

/** The smallest MTU among interfaces, in octets; Ethernet's where there is none. */
export function smallestMtu(network: Network, names: readonly string[]): number {
  const mtus = network.interfaces.filter(({ name }) => names.includes(name)).map(({ mtu }) => mtu);
  return mtus.length === 0 ? 1500 : Math.max(1280, Math.min(...mtus));
}

/** Whether any IPv4 packet could leave the host (RFC 6535 §4.5): there is a route that is not link-local or our own. */
export function hasIpv4Route(network: Network, own: string): boolean {
  return network.routes4.some(
    ({ destination, device }) => device !== 'lo' && device !== own && !destination.startsWith('169.254.'),
  );
}

/** Every IPv6 address of the host, as canonical text. */
export function ownIpv6(network: Network): Set<string> {
  return new Set(
    network.interfaces.flatMap(({ addresses }) =>
      addresses.filter(({ family }) => family === 'inet6').map(({ address }) => address),
    ),
  );
}

/** The IPv4 prefixes that are in use: connected, routed in any table, or an address of the host. The default is not one. */
export function takenIpv4(network: Network, own: string): Ipv4Prefix[] {
  const routed = network.routes4
    .filter(({ device, destination }) => device !== own && destination !== 'default')
    .map(({ destination }) => parseIpv4Prefix(destination.includes('/') ? destination : `${destination}/32`));
  const addressed = network.interfaces
    .filter(({ name }) => name !== own)
    .flatMap(({ addresses }) => addresses.filter(({ family }) => family === 'inet'))
    .map(({ address, prefixLength }) => {
      const parsed = parseIpv4(address);
      return parsed === undefined ? undefined : ipv4Prefix(parsed, prefixLength);
    });
  return [...routed, ...addressed].filter((prefix) => prefix !== undefined);
}
