/**
 * The mapping table's memory: one block that two threads see, one row per spool position. The control plane writes pairs,
 * the data plane writes stamps, both read all of it. A row is a cache line, so that a packet waits for memory once for it.
 * Layout, in octets:
 *
 *     header (64) | rows (64 n) | hash A (4 h) | hash B (4 h)
 */

/** Words of the header: rows, the seed of the hash, which hash is in use, and how many slots a hash has. */
export const header = { ROWS: 0, SEED: 1, ACTIVE_HASH: 2, SLOTS: 3 } as const;
const HEADER_WORDS = 16;

/**
 * Words of a row. The version is even when the address is whole, and odd while it is being written; the address is all
 * zero where there is no mapping (`::` is never mapped). Times are seconds since 1970, unsigned: until when packets of
 * TCP, and all others, hold the mapping (M11), and the last translated packet, either way, or 0.
 */
export const row = { VERSION: 0, ADDRESS: 1, HELD: 5, CONNECTED: 6, LAST_PACKET: 7 } as const;
export const ROW = 16;

/** Doubles of a row, behind its words: packets and octets that were translated, both ways. The rest is free. */
export const sum = { PACKETS: 4, OCTETS: 5 } as const;
export const ROW_SUMS = ROW / 2;

/**
 * Hash slots that hold no row. All others hold the row's position plus one, and above that as many of the high bits of
 * its hash as there is room for (7 to 28): rows whose bits differ need not be read, and each would be a wait for memory.
 */
export const slot = { EMPTY: 0, REMOVED: -1 } as const;

/** Slots for `rows` rows: a power of two and at most half full, so that probing stays short. */
function hashSlots(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(rows, 4) * 2));
}

/** The columns of one mapping table over memory it is given. */
export class TableColumns {
  readonly memory: SharedArrayBuffer;
  readonly header: Int32Array;
  /** Rows of `ROW` words. */
  readonly rows: Int32Array;
  /** The same rows as `ROW_SUMS` doubles. Each is added to by one thread at a time, as exactly as people need. */
  readonly sums: Float64Array;
  /** The bits of a slot that hold the position plus one; the bits of the hash have the others. */
  readonly positions: number;
  /** Two open-addressed hashes from address to position; the header says which is in use. */
  readonly hashes: readonly [Int32Array, Int32Array];

  /** Lays columns over memory that `create` made. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.header = new Int32Array(memory, 0, HEADER_WORDS);
    const rows = this.header[header.ROWS] ?? 0;
    const slots = this.header[header.SLOTS] ?? 0;
    // All of them set is never a position, so that no slot with a row looks like one that was removed.
    this.positions = 2 ** Math.ceil(Math.log2(rows + 2)) - 1;
    let end = 4 * HEADER_WORDS;
    const take = (octets: number): number => {
      const offset = end;
      end += octets;
      return offset;
    };
    const first = take(4 * ROW * rows);
    this.rows = new Int32Array(memory, first, ROW * rows);
    this.sums = new Float64Array(memory, first, ROW_SUMS * rows);
    this.hashes = [new Int32Array(memory, take(4 * slots), slots), new Int32Array(memory, take(4 * slots), slots)];
  }

  /**
   * Makes the memory of an empty table, of whose rows `most` are mapped at a time. `seed` is a random word, so that nobody
   * outside can make addresses collide. Memory that is not touched costs nothing.
   */
  static create(rows: number, most: number, seed: number): TableColumns {
    const slots = hashSlots(most);
    const memory = new SharedArrayBuffer(4 * (HEADER_WORDS + ROW * rows) + 8 * slots);
    const words = new Int32Array(memory, 0, HEADER_WORDS);
    words[header.ROWS] = rows;
    words[header.SEED] = seed;
    words[header.SLOTS] = slots;
    return new TableColumns(memory);
  }
}

/** Mixes four words into one, keyed by `seed` (as MurmurHash3 does: a round for each word, and its finalizer). */
export function hashAddress(w0: number, w1: number, w2: number, w3: number, seed: number): number {
  let h = round(round(round(round(seed, w0), w1), w2), w3);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function round(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
