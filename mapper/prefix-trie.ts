/**
 * Finds the longest prefix that holds an address: a binary trie with its single-child paths folded into one node
 * (Morrison's PATRICIA, 1968). A look-up takes at most one step per bit, however many prefixes there are.
 */
import type { Ipv6Address } from './address/ipv6.ts';

/** Returned by `find` when no prefix holds the address, and by `add` when the prefix is new. */
export const NO_ROW = -1;

const NO_NODE = -1;

/** A node: the first bits of four words, how many, the number of the prefix, and where to go on with a 0 and with a 1. */
const field = { WORDS: 0, LENGTH: 4, ROW: 5, CHILDREN: 6 } as const;

/** Words of a node: half a cache line, so that a step waits for memory once. */
const NODE = 8;

/** A set of prefixes, each with a number of its own. An IPv4 address is the first word of a key whose others are 0. */
export class PrefixTrie {
  /** Nodes behind each other; a node is known by where it begins. The first is the root. */
  readonly #nodes: Int32Array;
  #end = 0;

  /** `most` is how many prefixes will be added; a trie of so many has fewer than twice as many nodes. */
  constructor(most: number) {
    this.#nodes = new Int32Array(Math.max(1, 2 * most) * NODE);
  }

  /** The number of the longest prefix that holds the key, or `NO_ROW`. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    const nodes = this.#nodes;
    let best = NO_ROW;
    let node = this.#end === 0 ? NO_NODE : 0;
    while (node !== NO_NODE) {
      const length = nodes[node + field.LENGTH] as number;
      if (this.#common(node, w0, w1, w2, w3) < length) break;
      const row = nodes[node + field.ROW] as number;
      if (row !== NO_ROW) best = row;
      if (length === 128) break;
      node = nodes[node + field.CHILDREN + bitAt(length, w0, w1, w2, w3)] as number;
    }
    return best;
  }

  /** Adds the first `length` bits of `key` (all others 0) under a number. Returns the number it had before, or `NO_ROW`. */
  add(key: Ipv6Address, length: number, row: number): number {
    const nodes = this.#nodes;
    const { w0, w1, w2, w3 } = key;
    if (this.#end === 0) {
      this.#make(key, length, row);
      return NO_ROW;
    }
    let node = 0;
    for (;;) {
      const own = nodes[node + field.LENGTH] as number;
      const common = Math.min(this.#common(node, w0, w1, w2, w3), length);
      if (common < own) {
        this.#split(node, common);
        if (common === length) nodes[node + field.ROW] = row;
        else nodes[node + field.CHILDREN + bitAt(common, w0, w1, w2, w3)] = this.#make(key, length, row);
        return NO_ROW;
      }
      if (length === own) {
        const before = nodes[node + field.ROW] as number;
        if (before === NO_ROW) nodes[node + field.ROW] = row;
        return before;
      }
      const branch = node + field.CHILDREN + bitAt(own, w0, w1, w2, w3);
      const child = nodes[branch] as number;
      if (child === NO_NODE) {
        nodes[branch] = this.#make(key, length, row);
        return NO_ROW;
      }
      node = child;
    }
  }

  /** How many first bits of a key are those of a node's prefix, at most its length. */
  #common(node: number, w0: number, w1: number, w2: number, w3: number): number {
    const nodes = this.#nodes;
    let bits = Math.clz32((nodes[node] as number) ^ w0);
    if (bits === 32) bits += Math.clz32((nodes[node + 1] as number) ^ w1);
    if (bits === 64) bits += Math.clz32((nodes[node + 2] as number) ^ w2);
    if (bits === 96) bits += Math.clz32((nodes[node + 3] as number) ^ w3);
    return Math.min(bits, nodes[node + field.LENGTH] as number);
  }

  /**
   * Cuts a node's prefix to `length` bits; what was there becomes its child. Its words keep bits behind that: nobody
   * looks at them.
   */
  #split(node: number, length: number): void {
    const nodes = this.#nodes;
    const below = this.#end;
    this.#end += NODE;
    nodes.copyWithin(below, node, node + NODE);
    const bit = ((nodes[node + field.WORDS + (length >>> 5)] as number) >>> (31 - (length & 31))) & 1;
    nodes[node + field.LENGTH] = length;
    nodes[node + field.ROW] = NO_ROW;
    nodes[node + field.CHILDREN + bit] = below;
    nodes[node + field.CHILDREN + (bit ^ 1)] = NO_NODE;
  }

  #make({ w0, w1, w2, w3 }: Ipv6Address, length: number, row: number): number {
    const node = this.#end;
    this.#end += NODE;
    this.#nodes.set([w0, w1, w2, w3, length, row, NO_NODE, NO_NODE], node);
    return node;
  }
}

/** Bit `index` (0 to 127, from the left) of a key. */
function bitAt(index: number, w0: number, w1: number, w2: number, w3: number): number {
  const word = index < 64 ? (index < 32 ? w0 : w1) : index < 96 ? w2 : w3;
  return (word >>> (31 - (index & 31))) & 1;
}
