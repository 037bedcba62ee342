/**
 * The spool: the private IPv4 addresses that stand for IPv6 peers (RFC 6535 §2.4). Every address has a position,
 * counted through a list of ranges, and the position is the index into every column of the mapping table.
 */
import { type Ipv4Address, ipv4, parseIpv4 } from './address/ipv4.ts';
import { formatIpv4Prefix, type Ipv4Prefix, ipv4PrefixesOverlap, ipv4PrefixSize } from './address/prefix.ts';

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
  const bad = refused.find((prefix) => ipv4PrefixesOverlap(prefix, range));
  return bad === undefined ? undefined : `overlaps ${formatIpv4Prefix(bad)}, which hosts must not use`;
}

/** The first of `candidates` that shares no address with `taken`, or `undefined`. */
export function chooseRange(candidates: readonly Ipv4Prefix[], taken: readonly Ipv4Prefix[]): Ipv4Prefix | undefined {
  return candidates.find((candidate) => !taken.some((prefix) => ipv4PrefixesOverlap(candidate, prefix)));
}

/** Translates between spool addresses and positions. Positions run from 0 to `size - 1` through all ranges. */
export class Spool {
  readonly ranges: readonly Ipv4Prefix[];
  /** How many positions there are, the first and last address of each range included. */
  readonly size: number;
  /** How many of them may be handed out. */
  readonly usable: number;

  constructor(ranges: readonly Ipv4Prefix[]) {
    this.ranges = ranges;
    this.size = ranges.reduce((sum, range) => sum + ipv4PrefixSize(range), 0);
    this.usable = this.size - 2 * ranges.length;
  }

  /** The position of an address, or -1 when it is not of the spool. */
  position(address: Ipv4Address): number {
    let first = 0;
    for (const range of this.ranges) {
      const offset = (address - range.address) >>> 0;
      const size = ipv4PrefixSize(range);
      if (offset < size) return first + offset;
      first += size;
    }
    return -1;
  }

  /** The address at a position from 0 to `size - 1`. */
  address(position: number): Ipv4Address {
    let offset = position;
    for (const range of this.ranges) {
      const size = ipv4PrefixSize(range);
      if (offset < size) return ipv4(range.address + offset);
      offset -= size;
    }
    throw new RangeError(`position ${position} is outside the spool`);
  }

  /** Whether an address may be handed out: the first and last of each range look like network and broadcast (M5). */
  isUsable(position: number): boolean {
    let offset = position;
    for (const range of this.ranges) {
      const size = ipv4PrefixSize(range);
      if (offset < size) return offset !== 0 && offset !== size - 1;
      offset -= size;
    }
    return false;
  }
}
