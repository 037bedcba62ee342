/**
 * Explicit mappings (RFC 7757 §3): pairs of an IPv6 and an IPv4 prefix, of which the longest that holds an address
 * decides, in each direction for itself.
 */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { type Ipv6Address, type Ipv6Words, ipv6 } from './address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import { type ExplicitPair, formatExplicitPair } from './explicit-pair.ts';
import { NO_ROW, PrefixTrie } from './prefix-trie.ts';

/** The table, fixed when it is made: to change it, make another and put it in its place. */
export class ExplicitMap implements AddressMap {
  readonly #by4: PrefixTrie;
  readonly #by6: PrefixTrie;
  /** Per row: the IPv4 prefix and its length. */
  readonly #address4: Int32Array;
  readonly #length4: Uint8Array;
  /** Per row: the four words of the IPv6 prefix, and its length. */
  readonly #address6: Int32Array;
  readonly #length6: Uint8Array;

  /**
   * Overlapping prefixes are legal, equal ones are not (RFC 7757 §3.1), nor is an IPv4 prefix that leaves more bits to
   * copy than the IPv6 prefix has place for. Throws a `RangeError` that names the pair.
   */
  constructor(pairs: readonly ExplicitPair[]) {
    this.#by4 = new PrefixTrie(pairs.length);
    this.#by6 = new PrefixTrie(pairs.length);
    this.#address4 = Int32Array.from(pairs, (pair) => pair.ipv4.address);
    this.#length4 = Uint8Array.from(pairs, (pair) => pair.ipv4.length);
    this.#address6 = Int32Array.from(pairs.flatMap(({ ipv6: { address } }) => words(address)));
    this.#length6 = Uint8Array.from(pairs, (pair) => pair.ipv6.length);
    for (const [row, pair] of pairs.entries()) {
      const { ipv6: prefix6, ipv4: prefix4 } = pair;
      const left6 = 128 - prefix6.length;
      const left4 = 32 - prefix4.length;
      const what = formatExplicitPair(pair);
      if (left4 > left6) throw new RangeError(`${what}: ${left4} bits do not fit into ${left6}`);
      const same4 = this.#by4.add(ipv6(prefix4.address, 0, 0, 0), prefix4.length, row);
      if (same4 !== NO_ROW) throw new RangeError(`${what}: its IPv4 prefix is in the table already`);
      const same6 = this.#by6.add(prefix6.address, prefix6.length, row);
      if (same6 !== NO_ROW) throw new RangeError(`${what}: its IPv6 prefix is in the table already`);
    }
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    const row = this.#by4.find(address, 0, 0, 0);
    if (row === NO_ROW) return false;
    const at = 4 * row;
    out.w0 = this.#address6[at] as number;
    out.w1 = this.#address6[at + 1] as number;
    out.w2 = this.#address6[at + 2] as number;
    out.w3 = this.#address6[at + 3] as number;
    const length4 = this.#length4[row] as number;
    if (length4 < 32) insert(out, this.#length6[row] as number, address << length4);
    return true;
  }

  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    const row = this.#by6.find(address.w0, address.w1, address.w2, address.w3);
    if (row === NO_ROW) return NO_ADDRESS;
    const prefix = this.#address4[row] as number;
    const length4 = this.#length4[row] as number;
    return length4 < 32 ? ipv4(prefix | (extract(address, this.#length6[row] as number) >>> length4)) : ipv4(prefix);
  }

  /** Whether a pair holds `address`. */
  hasIpv4(address: Ipv4Address): boolean {
    return this.#by4.find(address, 0, 0, 0) !== NO_ROW;
  }
}

function words({ w0, w1, w2, w3 }: Ipv6Address): number[] {
  return [w0, w1, w2, w3];
}

/** Sets the bits of `value` in `out` from bit `at` (0 to 127) on, where all are 0 and what does not fit is 0. */
function insert(out: Ipv6Words, at: number, value: number): void {
  const shift = at & 31;
  const high = value >>> shift;
  const low = shift === 0 ? 0 : value << (32 - shift);
  switch (at >>> 5) {
    case 0:
      out.w0 |= high;
      out.w1 |= low;
      return;
    case 1:
      out.w1 |= high;
      out.w2 |= low;
      return;
    case 2:
      out.w2 |= high;
      out.w3 |= low;
      return;
    default:
      out.w3 |= high;
  }
}

/** The 32 bits of `address` from bit `at` (0 to 127) on, with 0 behind the last. */
function extract(address: Ipv6Address, at: number): number {
  const { w0, w1, w2, w3 } = address;
  const shift = at & 31;
  const word = at >>> 5;
  const high = word === 0 ? w0 : word === 1 ? w1 : word === 2 ? w2 : w3;
  if (shift === 0) return high;
  const low = word === 0 ? w1 : word === 1 ? w2 : word === 2 ? w3 : 0;
  return (high << shift) | (low >>> (32 - shift));
}
