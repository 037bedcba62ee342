/** Which IPv4 prefixes may be a range of ours, and which of them is free on this host (M2, M3, M6; RFC 6535 §4.4). */
import { ipv4, parseIpv4 } from './address/ipv4.ts';
import {
  formatIpv4Prefix,
  type Ipv4Prefix,
  ipv4PrefixesOverlap,
  ipv4PrefixSize,
  parseIpv4Prefix,
} from './address/prefix.ts';

/** RFC 6535 §4.4 names the first of each pair; the second takes over where the first is in use. */
export const DEFAULT_SPOOLS = ['10.170.160.0/20', '172.21.80.0/20'] as const;
export const DEFAULT_SELVES = ['172.21.112.0/20', '10.170.224.0/20'] as const;

/** The shortest and longest prefix a range may have: 16 million addresses, and two. */
const LENGTHS = { SHORTEST: 8, LONGEST: 30 } as const;

/** Addresses that are not for hosts to use on a link: RFC 1122 §3.2.1.3, RFC 3927, RFC 5771, RFC 1112 §4. */
const refused: readonly Ipv4Prefix[] = (
  [
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const
).map(([text, length]) => ({ address: parseIpv4(text) ?? ipv4(0), length }));

/** Why a prefix cannot be a range of ours, completing "10.0.0.0/31 …"; `undefined` when it can. */
export function rangeProblem(range: Ipv4Prefix): string | undefined {
  if (range.length < LENGTHS.SHORTEST || range.length > LENGTHS.LONGEST) {
    return `is not between /${LENGTHS.SHORTEST} and /${LENGTHS.LONGEST}`;
  }
  return addressProblem(range);
}

/** Why a prefix of any length has addresses that hosts must not use; `undefined` when it has none. */
export function addressProblem(range: Ipv4Prefix): string | undefined {
  const bad = refused.find((prefix) => ipv4PrefixesOverlap(prefix, range));
  return bad === undefined ? undefined : `overlaps ${formatIpv4Prefix(bad)}, which hosts must not use`;
}

/** Where private ranges lie (RFC 1918 §3), and the last resort: addresses for benchmarks inside a site (RFC 2544, C.2.2). */
const privateBlocks: readonly Ipv4Prefix[] = (
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
  ] as const
).map(([text, length]) => ({ address: parseIpv4(text) ?? ipv4(0), length }));

/**
 * All private ranges of a length: a block after the other, each from its end, since networks are numbered from the
 * beginning. None for a length that no block has room for.
 */
export function* privateRanges(length: number): Generator<Ipv4Prefix> {
  const size = ipv4PrefixSize({ address: ipv4(0), length });
  for (const block of privateBlocks) {
    const end = block.address + ipv4PrefixSize(block);
    for (let address = end - size; address >= block.address; address -= size) yield { address: ipv4(address), length };
  }
}

/**
 * What is tried in the place of a configured range, itself first: the defaults when they are as long, then any private
 * range of that length.
 */
export function* rangesInOrder(configured: Ipv4Prefix, defaults: readonly string[]): Generator<Ipv4Prefix> {
  yield configured;
  for (const range of defaults.map(parseIpv4Prefix)) if (range?.length === configured.length) yield range;
  yield* privateRanges(configured.length);
}

/** The first of `candidates` that shares no address with `taken`, or `undefined`. */
export function chooseRange(candidates: Iterable<Ipv4Prefix>, taken: readonly Ipv4Prefix[]): Ipv4Prefix | undefined {
  for (const candidate of candidates) if (isFree(candidate, taken)) return candidate;
  return undefined;
}

/** Whether a range shares no address with any that is taken. */
export function isFree(range: Ipv4Prefix, taken: readonly Ipv4Prefix[]): boolean {
  return !taken.some((prefix) => ipv4PrefixesOverlap(range, prefix));
}
