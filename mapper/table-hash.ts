/**
 * Where the hash of the mapping table begins to look for an address. Whoever owns names chooses addresses, so the hash has
 * a key: each half of a word times a secret factor, summed, modulo a prime (multilinear hashing: Carter and Wegman, 1979).
 * Which two addresses that brings together depends on the key alone; the last mixing brings none together.
 */

/** 2^32 - 5, and what to multiply by instead of dividing by it. */
const PRIME = 4_294_967_291;
const INVERSE = 1 / PRIME;

/** The key that a random word stands for: a factor for each half of a word of an address. */
export function hashKey(seed: number): Float64Array {
  return Float64Array.from({ length: 8 }, (_, index) => mix(seed + Math.imul(index + 1, 0x9e3779b1)) >>> 0);
}

/** The hash of an address, any 32 bits. The sum is below 2^51, so that it is exact. */
export function hashAddress(w0: number, w1: number, w2: number, w3: number, key: Float64Array): number {
  const upper =
    (key[0] as number) * (w0 >>> 16) +
    (key[1] as number) * (w1 >>> 16) +
    (key[2] as number) * (w2 >>> 16) +
    (key[3] as number) * (w3 >>> 16);
  const lower =
    (key[4] as number) * (w0 & 0xffff) +
    (key[5] as number) * (w1 & 0xffff) +
    (key[6] as number) * (w2 & 0xffff) +
    (key[7] as number) * (w3 & 0xffff);
  const sum = upper + lower;
  return mix(sum - Math.floor(sum * INVERSE) * PRIME);
}

/** The slot where looking for an address begins, of so many: the high bits of its hash. */
export function firstSlot(hash: number, slots: number): number {
  return ((hash >>> 0) * slots * 2 ** -32) | 0;
}

/** The slot that is looked at next. */
export function nextSlot(index: number, slots: number): number {
  return index + 1 === slots ? 0 : index + 1;
}

/** Spreads every bit of a word over all of them (the end of MurmurHash3); no two words become one. */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
