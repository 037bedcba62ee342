/**
 * Which source address new flows get, where it is not the one the kernel would choose: that which a route names, and that of
 * an attached prefix while another of the same device is detached.
 */

import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import { formatIpv6Prefix, ipv6Prefix, ipv6PrefixContains, parseIpv6Prefix } from '../../mapper/address/prefix.ts';
import type { DetachedPrefix } from '../control/detached-prefix.ts';
import { isDetached } from './detached.ts';
import type { Network, NetworkInterface } from './observe.ts';
import { byLength, isSamePlace, type RouteSource } from './route-sources.ts';

/** An address to be preferred on a device: by what is in its prefix, and the first of a device by everything. */
export interface PreferredSource {
  readonly device: string;
  /** As text. */
  readonly prefix: string;
  readonly source: string;
}

/**
 * The addresses of attached prefixes on devices that have a detached one too, in the order in which the kernel has them. Where
 * all prefixes of a device are detached it is left as it is: an address of another device would be no better.
 */
export function attachedSources(network: Network, detached: readonly DetachedPrefix[]): PreferredSource[] {
  const devices = new Set(detached.map(({ device }) => device));
  return network.interfaces
    .filter(({ name }) => devices.has(name))
    .flatMap((link) => usualSources(link).filter(({ device, source }) => !isDetached(detached, device, source)));
}

/** The addresses of a device that programs may be given, one for each prefix: the first of the kind that is preferred. */
export function usualSources({ name, addresses, prefersTemporary }: NetworkInterface): PreferredSource[] {
  const usual = addresses
    .filter(({ family, isUsual }) => family === 'inet6' && isUsual)
    .toSorted((a, b) => Number(b.isTemporary === prefersTemporary) - Number(a.isTemporary === prefersTemporary));
  const found = usual.flatMap(({ address, prefixLength }) => {
    const words = parseIpv6(address);
    if (words === undefined) return [];
    return [{ device: name, prefix: formatIpv6Prefix(ipv6Prefix(words, prefixLength)), source: address }];
  });
  return found.filter(({ prefix }, at) => at === found.findIndex((other) => other.prefix === prefix));
}

/** Unique local addresses (RFC 4193): of no use towards others, nor others towards them. */
const LOCAL = 'fc00::/7';

/**
 * The rules of `routed`, with `preferred` in the place of what the kernel would choose on those devices, and of named sources
 * that are not to be kept.
 */
export function flowSources(
  routed: readonly RouteSource[],
  preferred: readonly PreferredSource[],
  keeps: (device: string, source: string) => boolean,
): RouteSource[] {
  const replaced = routed.map((each) => {
    if (each.source !== undefined && keeps(each.device, each.source)) return each;
    const towards = each.source ?? each.destination.replace(/\/.*/, '');
    const source = preferredFor(preferred, each.device, towards);
    return source === undefined ? each : { ...each, source };
  });
  const added = preferred.flatMap(({ device, prefix, source }) => [
    { device, destination: prefix, source },
    { device, destination: holds(LOCAL, source) ? LOCAL : 'default', source },
  ]);
  const all = [...replaced, ...added];
  return all.filter((each, at) => at === all.findIndex((other) => isSamePlace(each, other))).toSorted(byLength);
}

/** Which of the preferred addresses of a device is to be used towards an address or prefix. */
function preferredFor(preferred: readonly PreferredSource[], device: string, towards: string): string | undefined {
  const there = preferred.filter((each) => each.device === device);
  const isLocal = holds(LOCAL, towards);
  return (
    there.find(({ prefix }) => holds(prefix, towards)) ?? there.find(({ source }) => holds(LOCAL, source) === isLocal)
  )?.source;
}

function holds(prefix: string, address: string): boolean {
  const [parsed, words] = [parseIpv6Prefix(prefix), parseIpv6(address)];
  return parsed !== undefined && words !== undefined && ipv6PrefixContains(parsed, words);
}
