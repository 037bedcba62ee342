/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Sums are plain numbers below 2³²; a
 * *difference* is what a checksum's sum gains when some of the octets under it change, and may be added to any sum.
 */
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';

/** Folds a sum below 2³² into 16 bits, carrying around the end. 0 comes of 0 only. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** The sum of both halves of a 32-bit word, signed or not. */
export function sumWord(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/** The sum of an address's eight groups: at most 8 · 65,535. */
export function sumIpv6(address: Ipv6Address): number {
  return sumWord(address.w0) + sumWord(address.w1) + sumWord(address.w2) + sumWord(address.w3);
}

/** The sum of `view`'s octets from `start` to `end`, which may be an odd number: at most 65,535 of them. */
export function sumOctets(view: DataView, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    sum += view.getUint16(at) + view.getUint16(at + 2) + view.getUint16(at + 4) + view.getUint16(at + 6);
  }
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  return at < end ? sum + (view.getUint8(at) << 8) : sum;
}

/** What a sum gains when what summed to `before` now sums to `after` (both below 2³²). */
export function difference(after: number, before: number): number {
  return fold(fold(after) + (fold(before) ^ 0xffff));
}

/**
 * A checksum after its octets changed by `change` (RFC 1624, equation 3). A wrong checksum stays wrong by as much.
 * Where the change is none in one's complement arithmetic the field keeps its value, also 0x0000 and 0xffff.
 */
export function update(checksum: number, change: number): number {
  const folded = fold(change);
  if (folded === 0 || folded === 0xffff) return checksum;
  return fold((checksum ^ 0xffff) + folded) ^ 0xffff;
}

/**
 * The sum of what a pseudo-header holds besides addresses: upper-layer length (octets) and protocol (RFC 8200 §8.1).
 */
export function sumPseudoHeader(length: number, protocol: number): number {
  return sumWord(length) + protocol;
}
