/**
 * Sources of translated ICMP errors whose own source has no mapping (RFC 6791 §5): an address out of a pool, chosen by
 * the router that sent the error.
 *
 * The RFC recommends a choice at random, so that two routers of one `traceroute` seldom look like a loop. We throw the
 * die once for every router and not for every error: a hash of its address decides. Two routers meet no more often than
 * they would at random, and the three probes of one hop, or today's trace and tomorrow's, show one router and not three.
 * It costs no memory, and several queues agree without a word.
 */
import { type Ipv4Address, ipv4 } from '../mapper/address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from '../mapper/address/ipv6.ts';
import { type Ipv4Prefix, type Ipv6Prefix, ipv4PrefixSize } from '../mapper/address/prefix.ts';
import { NO_ADDRESS } from '../mapper/address-map.ts';

/** Addresses to choose from, all of a prefix's; an address alone is a /32 or /128. Plain data, for other threads. */
export type SourcePool4 = readonly Ipv4Prefix[];
export type SourcePool6 = readonly Ipv6Prefix[];

/** How many values a hash has. */
const HASHES = 2 ** 32;

/** The bits of an IPv4 address. */
const ROUTER_BITS = 32;

/** The IPv4 address that stands for a router, or `NO_ADDRESS` if the pool is empty. */
export function choose4(pool: SourcePool4, router: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
  let total = 0;
  for (const prefix of pool) total += ipv4PrefixSize(prefix);
  const hash = mix(mix(mix(mix(0, router.w0), router.w1), router.w2), router.w3);
  let index = Math.floor(((hash >>> 0) / HASHES) * total);
  for (const prefix of pool) {
    const size = ipv4PrefixSize(prefix);
    if (index < size) return ipv4(prefix.address + index);
    index -= size;
  }
  return NO_ADDRESS;
}

/**
 * Writes the IPv6 address that stands for a router into `out`. Returns whether there is one: not if the pool is empty. In a
 * prefix with room for it the router's own address is the end of it, so that no two are the same and a user can read it.
 */
export function choose6(pool: SourcePool6, router: Ipv4Address, out: Ipv6Words): boolean {
  let total = 0;
  for (const prefix of pool) total += choices(prefix);
  const hash = mix(0, router);
  let index = Math.floor(((hash >>> 0) / HASHES) * total);
  for (const prefix of pool) {
    const size = choices(prefix);
    if (index < size) {
      out.copy(prefix.address);
      out.w3 |= size === HASHES ? router : index;
      return true;
    }
    index -= size;
  }
  return false;
}

/** Among how many addresses of a prefix the choice is: no more than there are routers. */
function choices({ length }: Ipv6Prefix): number {
  return 2 ** Math.min(ROUTER_BITS, 128 - length);
}

/** Mixes a word into a hash so that every bit of it counts (the finalizer of MurmurHash3, which is in the public domain). */
function mix(hash: number, word: number): number {
  let mixed = Math.imul(hash, 31) + word + 0x9e3779b9;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
