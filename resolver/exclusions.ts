/**
 * Which addresses count: AAAA that a spool address may stand for (RFC 6147 §5.1.4), A that a program can use. IANA's
 * special-purpose registries (RFC 6890) give most rows.
 */
import { type Ipv4Address, ipv4 } from '../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../mapper/address/ipv6.ts';
import {
  type Ipv4Prefix,
  type Ipv6Prefix,
  ipv4PrefixContains,
  ipv6PrefixContains,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from '../mapper/address/prefix.ts';
import type { HostView, Mappings } from './mappings.ts';

/** Reads prefixes we wrote ourselves; throws at start if one of them is wrong. */
function prefixes<Prefix>(parse: (text: string) => Prefix | undefined, texts: string): Prefix[] {
  return texts.split(/\s+/).map((text) => {
    const prefix = parse(text);
    if (prefix === undefined) throw new Error(`Cannot read the prefix ${text}`);
    return prefix;
  });
}

/** Why an address does not count, as words for people. */
export type Exclusion = string;

/** Rows of a table: a prefix and what it is. */
function named<Prefix>(
  parse: (text: string) => Prefix | undefined,
  rows: Record<string, Exclusion>,
): [Prefix, Exclusion][] {
  return Object.entries(rows).flatMap(([texts, why]) =>
    prefixes(parse, texts).map((prefix): [Prefix, Exclusion] => [prefix, why]),
  );
}

const excluded6 = named(parseIpv6Prefix, {
  // Not reachable, or not unicast. The first two would reach IPv4 by another way.
  '::ffff:0:0/96': 'IPv4-mapped',
  '::/96': 'unspecified, loopback or IPv4-compatible',
  'fe80::/10': 'link-local',
  'ff00::/8': 'multicast',
  '100::/64': 'discard-only',
  // The packet would be translated twice (RFC 6535 §1; RFC 6052, RFC 8215).
  '64:ff9b::/96 64:ff9b:1::/48': 'NAT64',
});
const [sixToFour, teredo] = prefixes(parseIpv6Prefix, '2002::/16 2001::/32') as [Ipv6Prefix, Ipv6Prefix];

/** IPv4 that is not reachable from everywhere (RFC 6890): a tunnel to it would lead into private networks. */
const notGlobal4 = prefixes(
  parseIpv4Prefix,
  `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
   192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`,
);
const excluded4 = named(parseIpv4Prefix, {
  '0.0.0.0/8': 'this network',
  '169.254.0.0/16': 'link-local',
  '224.0.0.0/4': 'multicast',
  '240.0.0.0/4': 'reserved',
});
const [loopback4] = prefixes(parseIpv4Prefix, '127.0.0.0/8') as [Ipv4Prefix];

const isGlobal4 = (word: number): boolean => !notGlobal4.some((prefix) => ipv4PrefixContains(prefix, ipv4(word)));

/** Whether a 6to4 (RFC 3056 §2) or Teredo (RFC 4380 §4) address leads to an IPv4 address that is not global. */
function embedsPrivate(address: Ipv6Address): boolean {
  if (ipv6PrefixContains(sixToFour, address)) return !isGlobal4((address.w0 << 16) | (address.w1 >>> 16));
  // Teredo: the server's address as it is, the client's with every bit flipped.
  return ipv6PrefixContains(teredo, address) && !(isGlobal4(address.w1) && isGlobal4(~address.w3));
}

/** Why no spool address may stand for `address`; `undefined` if one may. */
export function exclusionOfAaaa(address: Ipv6Address, host: Pick<HostView, 'pref64' | 'isOwn'>): Exclusion | undefined {
  const lies = (prefix: Ipv6Prefix): boolean => ipv6PrefixContains(prefix, address);
  const row = excluded6.find(([prefix]) => lies(prefix));
  if (row !== undefined) return row[1];
  if (embedsPrivate(address)) return 'tunnel to an IPv4 address that is not global';
  if (host.pref64().some(lies)) return 'NAT64 of this network';
  return host.isOwn(address) ? 'of this host' : undefined;
}

/** Whether a spool address may stand for `address`. */
export function isUsableAaaa(address: Ipv6Address, host: Pick<HostView, 'pref64' | 'isOwn'>): boolean {
  return exclusionOfAaaa(address, host) === undefined;
}

/** Whether a name is `localhost` or below it, given as its key and those above it (RFC 6761 §6.3). */
export function isLocalhost(keys: readonly string[]): boolean {
  return keys.includes('\x09localhost\0');
}

/** Why a program cannot use `address`; `undefined` if it can. `mayLoopBack`: the name is localhost. */
export function exclusionOfA(
  address: Ipv4Address,
  mappings: Pick<Mappings, 'isSpool'>,
  mayLoopBack: boolean,
): Exclusion | undefined {
  const row = excluded4.find(([prefix]) => ipv4PrefixContains(prefix, address));
  if (row !== undefined) return row[1];
  if (!mayLoopBack && ipv4PrefixContains(loopback4, address)) return 'loopback';
  return mappings.isSpool(address) ? 'of the spool' : undefined;
}

/**
 * Whether the addresses of an A answer are to be used as they are: one usable is enough. Nothing but 0.0.0.0 is how a
 * blocker says no, and stays. `mayLoopBack`: the name is localhost.
 */
export function areUsableA(
  addresses: readonly Ipv4Address[],
  mappings: Pick<Mappings, 'isSpool'>,
  mayLoopBack: boolean,
): boolean {
  if (isBlocked(addresses)) return true;
  return addresses.some((address) => exclusionOfA(address, mappings, mayLoopBack) === undefined);
}

/** Whether an A answer is a blocker's: 0.0.0.0 and nothing else. */
export function isBlocked(addresses: readonly Ipv4Address[]): boolean {
  return addresses.length > 0 && addresses.every((address) => address === 0);
}
