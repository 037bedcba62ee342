/**
 * Which prefixes of the host are *detached*: no router that announced them can be reached, although others can. Their
 * addresses still are the host's, but answers to them go where the host was, so no new flow is to have one as its source. A
 * host that has moved without its addresses' lifetimes having ended is the case that matters (KAME's mobility support).
 */

import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import {
  formatIpv6Prefix,
  type Ipv6Prefix,
  ipv6Prefix,
  ipv6PrefixContains,
  parseIpv6Prefix,
} from '../../mapper/address/prefix.ts';
import type { DetachedPrefix } from '../control/detached-prefix.ts';
import type { Network, NetworkInterface } from './observe.ts';
import type { RouterKnowledge } from './router-news.ts';

/** Every router that has been a default router since the start, as `device address`; the present ones too. */
export type KnownRouters = ReadonlySet<string>;

/** The default routers of a network, as `KnownRouters` has them. */
export function defaultRouters({ routes6 }: Pick<Network, 'routes6'>): string[] {
  return routes6
    .filter(({ type, destination }) => type === 'unicast' && destination === 'default')
    .flatMap(({ routers }) => routers.map(({ device, address }) => `${device} ${address}`));
}

/**
 * All detached prefixes. Only those count that routers announced: addresses given by hand need none. Where the kernel did not
 * say which router announced a prefix, any default router of the link will do; if no prefix has a router that can be reached,
 * none is detached.
 */
export function detachedPrefixes(network: Network, knowledge: RouterKnowledge, known: KnownRouters): DetachedPrefix[] {
  const present = new Set(defaultRouters(network));
  const judged = network.interfaces.flatMap((link) =>
    announcedPrefixes(link, knowledge).map((prefix) => {
      const complaints = routersOf(link, prefix, knowledge, known).map((router) => {
        if (knowledge.isSilent(link.index, router)) return `${router} does not answer`;
        const place = `${link.name} ${router}`;
        // One that never was a default router may announce a prefix all the same (a lifetime of 0, RFC 4861 §4.2).
        return known.has(place) && !present.has(place) ? `${router} is no default router any more` : '';
      });
      return { device: link.name, prefix: formatIpv6Prefix(prefix), complaints };
    }),
  );
  // One of whose routers nothing is known cannot be said to have none.
  const gone = judged.filter(({ complaints }) => complaints.length > 0 && !complaints.includes(''));
  if (gone.length === judged.length) return [];
  return gone.map(({ device, prefix, complaints }) => ({ device, prefix, because: complaints.join(', ') }));
}

/** The routers that announced a prefix; where the kernel did not say so, every default router there has been on the link. */
function routersOf(
  { index, name }: NetworkInterface,
  prefix: Ipv6Prefix,
  { advertised }: RouterKnowledge,
  known: KnownRouters,
): string[] {
  const text = formatIpv6Prefix(prefix);
  const announced = advertised.filter((each) => each.index === index && formatIpv6Prefix(each.prefix) === text);
  if (announced.length > 0) return announced.map(({ router }) => router);
  return [...known].filter((place) => place.startsWith(`${name} `)).map((place) => place.slice(name.length + 1));
}

/** The prefixes of an interface's addresses that a router announced, each once. */
function announcedPrefixes({ index, addresses }: NetworkInterface, { advertised }: RouterKnowledge): Ipv6Prefix[] {
  const found = addresses.flatMap((address) => {
    const words =
      address.family === 'inet6' && !address.address.startsWith('fe80:') ? parseIpv6(address.address) : undefined;
    if (words === undefined) return [];
    const announced = advertised.find(({ index: on, prefix }) => on === index && ipv6PrefixContains(prefix, words));
    if (announced !== undefined) return [announced.prefix];
    return address.isDynamic ? [ipv6Prefix(words, address.prefixLength)] : [];
  });
  return [...new Map(found.map((prefix) => [formatIpv6Prefix(prefix), prefix])).values()];
}

/** Whether an address of a device, as text, is of one of these prefixes. */
export function isDetached(detached: readonly DetachedPrefix[], device: string, address: string): boolean {
  const words = parseIpv6(address);
  return detached.some((each) => {
    const prefix = parseIpv6Prefix(each.prefix);
    return each.device === device && words !== undefined && prefix !== undefined && ipv6PrefixContains(prefix, words);
  });
}
