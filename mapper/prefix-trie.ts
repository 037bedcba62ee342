/**
 * Finds the longest prefix that holds an address: a binary trie with its single-child paths folded into one node
 * (Morrison's PATRICIA, 1968), in columns. A look-up takes at most one step per bit, however many prefixes there are.
 */
import type { Ipv6Address } from './address/ipv6.ts';

/** Returned by `find` when no prefix holds the address, and by `add` when the prefix is new. */
export const NO_ROW = -1;

const NO_NODE = -1;

/** A set of prefixes, each with a number of its own. An IPv4 address is the first word of a key whose others are 0. */
export class PrefixTrie {
  /** Per node: the prefix, its first bits of four words. */
  readonly #words: Int32Array;
  readonly #length: Uint8Array;
  /** Per node: where to go on with a 0 and with a 1 behind the prefix. */
  readonly #children: Int32Array;
  /** Per node: the number of its prefix, or `NO_ROW` where two paths only part. */
  readonly #row: Int32Array;
  #count = 0;

  /** `most` is how many prefixes will be added; a trie of so many has fewer than twice as many nodes. */
  constructor(most: number) {
    const nodes = Math.max(1, 2 * most);
    this.#words = new Int32Array(4 * nodes);
    this.#length = new Uint8Array(nodes);
    this.#children = new Int32Array(2 * nodes).fill(NO_NODE);
    this.#row = new Int32Array(nodes).fill(NO_ROW);
  }

  /** The number of the longest prefix that holds the key, or `NO_ROW`. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    let best = NO_ROW;
    let node = this.#count === 0 ? NO_NODE : 0;
    while (node !== NO_NODE) {
      const length = this.#length[node] as number;
      if (this.#common(node, w0, w1, w2, w3) < length) break;
      const row = this.#row[node] as number;
      if (row !== NO_ROW) best = row;
      if (length === 128) break;
      node = this.#children[2 * node + bitAt(length, w0, w1, w2, w3)] as number;
    }
    return best;
  }

  /** Adds the first `length` bits of `key` (all others 0) under a number. Returns the number it had before, or `NO_ROW`. */
  add(key: Ipv6Address, length: number, row: number): number {
    const { w0, w1, w2, w3 } = key;
    if (this.#count === 0) {
      this.#make(key, length, row);
      return NO_ROW;
    }
    let node = 0;
    for (;;) {
      const own = this.#length[node] as number;
      const common = Math.min(this.#common(node, w0, w1, w2, w3), length);
      if (common < own) {
        this.#split(node, common);
        if (common === length) this.#row[node] = row;
        else this.#children[2 * node + bitAt(common, w0, w1, w2, w3)] = this.#make(key, length, row);
        return NO_ROW;
      }
      if (length === own) {
        const before = this.#row[node] as number;
        if (before === NO_ROW) this.#row[node] = row;
        return before;
      }
      const branch = 2 * node + bitAt(own, w0, w1, w2, w3);
      const child = this.#children[branch] as number;
      if (child === NO_NODE) {
        this.#children[branch] = this.#make(key, length, row);
        return NO_ROW;
      }
      node = child;
    }
  }

  /** How many first bits of a key are those of a node's prefix, at most its length. */
  #common(node: number, w0: number, w1: number, w2: number, w3: number): number {
    const words = this.#words;
    const at = 4 * node;
    let bits = Math.clz32((words[at] as number) ^ w0);
    if (bits === 32) bits += Math.clz32((words[at + 1] as number) ^ w1);
    if (bits === 64) bits += Math.clz32((words[at + 2] as number) ^ w2);
    if (bits === 96) bits += Math.clz32((words[at + 3] as number) ^ w3);
    return Math.min(bits, this.#length[node] as number);
  }

  /**
   * Cuts a node's prefix to `length` bits; what was there becomes its child. Its words keep bits behind that: nobody
   * looks at them.
   */
  #split(node: number, length: number): void {
    const words = this.#words;
    const below = this.#count++;
    const at = 4 * node;
    words.copyWithin(4 * below, at, at + 4);
    this.#length[below] = this.#length[node] as number;
    this.#row[below] = this.#row[node] as number;
    this.#children.copyWithin(2 * below, 2 * node, 2 * node + 2);
    this.#children[2 * node] = this.#children[2 * node + 1] = NO_NODE;
    const bit = ((words[at + (length >>> 5)] as number) >>> (31 - (length & 31))) & 1;
    this.#children[2 * node + bit] = below;
    this.#length[node] = length;
    this.#row[node] = NO_ROW;
  }

  #make({ w0, w1, w2, w3 }: Ipv6Address, length: number, row: number): number {
    const node = this.#count++;
    this.#words.set([w0, w1, w2, w3], 4 * node);
    this.#length[node] = length;
    this.#row[node] = row;
    return node;
  }
}

/** Bit `index` (0 to 127, from the left) of a key. */
function bitAt(index: number, w0: number, w1: number, w2: number, w3: number): number {
  const word = index < 64 ? (index < 32 ? w0 : w1) : index < 96 ? w2 : w3;
  return (word >>> (31 - (index & 31))) & 1;
}
