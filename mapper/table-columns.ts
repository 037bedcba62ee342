/**
 * The mapping table's memory: columns over one block that two threads see, one row per spool position. The control
 * plane writes pairs, the data plane writes stamps, both read all of it. Layout, in 32-bit words:
 *
 *     header (16) | version (n) | address (4 n) | held until (n) | last packet (n) | hash A (h) | hash B (h)
 */

/** Words of the header. */
export const header = { ROWS: 0, SEED: 1, ACTIVE_HASH: 2 } as const;
const HEADER_WORDS = 16;

/** Hash slots that hold no row; all others hold the row's position plus one. */
export const slot = { EMPTY: 0, REMOVED: -1 } as const;

/** Slots for `rows` rows: a power of two and at most half full, so that probing stays short. */
function hashSlots(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(rows, 4) * 2));
}

/** The columns of one mapping table over memory it is given. */
export class TableColumns {
  readonly memory: SharedArrayBuffer;
  readonly header: Int32Array;
  /** Even: the row's address is whole. Odd: it is being written. Steps by one at each begin and end of a change. */
  readonly version: Int32Array;
  /** Four words for each row; all zero where there is no mapping (`::` is never mapped). */
  readonly address: Int32Array;
  /** Seconds since 1970 until which packets hold the mapping (M11). */
  readonly heldUntil: Uint32Array;
  /** Seconds since 1970 of the last translated packet, either way; 0 before the first. */
  readonly lastPacket: Uint32Array;
  /** Two open-addressed hashes from address to position; the header says which is in use. */
  readonly hashes: readonly [Int32Array, Int32Array];

  /** Lays columns over memory that `create` made. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.header = new Int32Array(memory, 0, HEADER_WORDS);
    const rows = this.header[header.ROWS] ?? 0;
    const slots = hashSlots(rows);
    let word = HEADER_WORDS;
    const take = (words: number): number => {
      const offset = word * 4;
      word += words;
      return offset;
    };
    this.version = new Int32Array(memory, take(rows), rows);
    this.address = new Int32Array(memory, take(4 * rows), 4 * rows);
    this.heldUntil = new Uint32Array(memory, take(rows), rows);
    this.lastPacket = new Uint32Array(memory, take(rows), rows);
    this.hashes = [new Int32Array(memory, take(slots), slots), new Int32Array(memory, take(slots), slots)];
  }

  /** Makes the memory of an empty table. `seed` is a random word, so that nobody outside can make addresses collide. */
  static create(rows: number, seed: number): TableColumns {
    const memory = new SharedArrayBuffer(4 * (HEADER_WORDS + 7 * rows + 2 * hashSlots(rows)));
    const words = new Int32Array(memory, 0, HEADER_WORDS);
    words[header.ROWS] = rows;
    words[header.SEED] = seed;
    return new TableColumns(memory);
  }
}

/** Mixes four words into one, keyed by `seed` (the finalizer of MurmurHash3 over each word). */
export function hashAddress(w0: number, w1: number, w2: number, w3: number, seed: number): number {
  let h = seed;
  h = mix(h ^ w0);
  h = mix(h ^ w1);
  h = mix(h ^ w2);
  return mix(h ^ w3);
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
