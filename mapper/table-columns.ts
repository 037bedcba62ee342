/**
 * The mapping table's memory: one block that two threads see, one row per spool position. The control plane writes pairs,
 * the data plane writes stamps, both read all of it. A row is a cache line, so that a packet waits for memory once for it.
 * Layout, in octets:
 *
 *     header (64) | rows (64 n) | hash A (4 c) | hash B (4 c)
 */
import { hashKey } from './table-hash.ts';

/**
 * Words of the header: rows, the random word that the hash is keyed by, which hash is in use, how many slots there is
 * memory for in each, how many of them each has (two words), and one that is zero.
 */
export const header = { ROWS: 0, SEED: 1, ACTIVE_HASH: 2, CAPACITY: 3, SLOTS: 4, ZERO: 6 } as const;
const HEADER_WORDS = 16;

/**
 * Words of a row. The version is even when the address is whole, and odd while it is being written; the address is all
 * zero where there is no mapping (`::` is never mapped). Times are seconds since 1970, unsigned: until when packets of
 * TCP, and all others, hold the mapping (M11), and the last translated packet, either way, or 0.
 */
export const row = { VERSION: 0, ADDRESS: 1, HELD: 5, CONNECTED: 6, LAST_PACKET: 7 } as const;
export const ROW = 16;

/**
 * Doubles of a row, behind its words: packets and octets that were translated, both ways. The last four words of it are
 * those of `MappingTimes`.
 */
export const sum = { PACKETS: 4, OCTETS: 5 } as const;
export const ROW_SUMS = ROW / 2;

/**
 * Hash slots that hold no row. All others hold the row's position plus one, and above that as many of the low bits of
 * its hash as there is room for (7 to 28): rows whose bits differ need not be read, and each would be a wait for memory.
 */
export const slot = { EMPTY: 0, REMOVED: -1 } as const;

/**
 * Slots for `rows` rows: three times a power of two, in whole cache lines, and at most two thirds full. So a million rows
 * have 6 MB of them, which a processor's cache may hold; and probing stays short.
 */
export function hashSlots(rows: number): number {
  return 3 * 2 ** Math.ceil(Math.log2(Math.max(rows, 32) / 2));
}

/** The columns of one mapping table over memory it is given. */
export class TableColumns {
  readonly memory: SharedArrayBuffer;
  readonly header: Int32Array;
  /** Rows of `ROW` words. */
  readonly rows: Int32Array;
  /** The same rows as `ROW_SUMS` doubles. Each is added to by one thread at a time, as exactly as people need. */
  readonly sums: Float64Array;
  /** How many bits of a slot hold the position plus one; the bits of the hash have the others. */
  readonly positionBits: number;
  /** Two open-addressed hashes from address to position; the header says which is in use, and how much of each. */
  readonly hashes: readonly [Int32Array, Int32Array];
  readonly key: Float64Array;

  /** Lays columns over memory that `create` made. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.header = new Int32Array(memory, 0, HEADER_WORDS);
    const rows = this.header[header.ROWS] ?? 0;
    const capacity = this.header[header.CAPACITY] ?? 0;
    this.key = hashKey(this.header[header.SEED] ?? 0);
    // All of them set is never a position, so that no slot with a row looks like one that was removed.
    this.positionBits = Math.ceil(Math.log2(rows + 2));
    let end = 4 * HEADER_WORDS;
    const take = (octets: number): number => {
      const offset = end;
      end += octets;
      return offset;
    };
    const first = take(4 * ROW * rows);
    this.rows = new Int32Array(memory, first, ROW * rows);
    this.sums = new Float64Array(memory, first, ROW_SUMS * rows);
    const hash = (): Int32Array => new Int32Array(memory, take(4 * capacity), capacity);
    this.hashes = [hash(), hash()];
  }

  /**
   * Makes the memory of an empty table, of whose rows `expected` are to be mapped at first, and `most` at a time. `seed` is a
   * random word, so that nobody outside can make addresses collide. Memory that is not touched costs nothing.
   */
  static create(rows: number, expected: number, most: number, seed: number): TableColumns {
    const capacity = hashSlots(most);
    const memory = new SharedArrayBuffer(4 * (HEADER_WORDS + ROW * rows) + 8 * capacity);
    const words = new Int32Array(memory, 0, HEADER_WORDS);
    words[header.ROWS] = rows;
    words[header.SEED] = seed;
    words[header.CAPACITY] = capacity;
    words[header.SLOTS] = hashSlots(expected);
    return new TableColumns(memory);
  }
}
