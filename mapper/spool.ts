/**
 * The spool: the private IPv4 addresses that stand for IPv6 peers (RFC 6535 §2.4). Every address has a position, counted
 * through a list of ranges, and the position is the index into every column of the mapping table. Ranges come and go
 * while threads look addresses up (M3), so the list is in memory that they share.
 */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { type Ipv4Prefix, ipv4PrefixSize } from './address/prefix.ts';

/** Words for each place of a range: address, size (0 while there is none), first position, room, state, length. */
const field = { ADDRESS: 0, SIZE: 1, FIRST: 2, ROOM: 3, STATE: 4, LENGTH: 5 } as const;
const PLACE = 6;
/** Words before the first place: positions, and the most that are mapped at a time. */
const word = { SIZE: 0, MOST: 1 } as const;
const HEADER = 2;

/** In an open range mappings are made; in a closing one those that are held end. */
const state = { OPEN: 0, CLOSING: 1 } as const;

/** Translates between spool addresses and positions. Positions run from 0 to `size - 1` through all ranges. */
export class Spool {
  /** What to hand to another thread, to make the same spool of. */
  readonly memory: SharedArrayBuffer;
  /** How many positions there are, the first and last address of each range and places for later ranges included. */
  readonly size: number;
  /** The most positions that are mapped at a time: the first ranges, and as many again where there are places for more. */
  readonly most: number;
  readonly #words: Int32Array;
  #usable: number;

  /** A spool of these ranges, with `spare` places for ranges as long as the last; or the one another thread made. */
  constructor(from: readonly Ipv4Prefix[] | SharedArrayBuffer, spare = 0) {
    const words = from instanceof SharedArrayBuffer ? new Int32Array(from) : layOut(from, spare);
    this.memory = words.buffer as SharedArrayBuffer;
    this.size = words[word.SIZE] as number;
    this.most = words[word.MOST] as number;
    this.#words = words;
    this.#usable = this.#countUsable();
  }

  /** The ranges as they are now, those that are closing last. */
  get ranges(): readonly Ipv4Prefix[] {
    return [...this.open, ...this.closing];
  }

  /** The ranges in which mappings are made. */
  get open(): readonly Ipv4Prefix[] {
    return this.#inState(state.OPEN);
  }

  get closing(): readonly Ipv4Prefix[] {
    return this.#inState(state.CLOSING);
  }

  /** How many addresses may be handed out, as this thread has left it. */
  get usable(): number {
    return this.#usable;
  }

  /** The position of an address, or -1 when it is not of the spool. */
  position(address: Ipv4Address): number {
    const words = this.#words;
    for (let at = HEADER; at < words.length; at += PLACE) {
      const offset = (address - (words[at + field.ADDRESS] as number)) >>> 0;
      if (offset < (words[at + field.SIZE] as number)) return (words[at + field.FIRST] as number) + offset;
    }
    return -1;
  }

  /** The address at a position of a range. Throws a `RangeError` for positions that no range has. */
  address(position: number): Ipv4Address {
    const at = this.#placeOf(position);
    if (at < 0) throw new RangeError(`position ${position} is outside the spool`);
    return ipv4((this.#words[at + field.ADDRESS] as number) + position - (this.#words[at + field.FIRST] as number));
  }

  /** Whether an address may be handed out: the first and last of each range look like network and broadcast (M5). */
  isUsable(position: number): boolean {
    return this.isMappable(position) && this.#words[this.#placeOf(position) + field.STATE] === state.OPEN;
  }

  /** Whether somebody may be there: as above, or one of an earlier time in a range that is closing. */
  isMappable(position: number): boolean {
    const at = this.#placeOf(position);
    if (at < 0) return false;
    const offset = position - (this.#words[at + field.FIRST] as number);
    return offset !== 0 && offset !== (this.#words[at + field.SIZE] as number) - 1;
  }

  /**
   * From now on mappings are made in `range` and nowhere else (M3); the open ranges close. Returns the first position of
   * it; `undefined` when there is no place for a range so large.
   */
  move(range: Ipv4Prefix): number | undefined {
    const words = this.#words;
    const size = ipv4PrefixSize(range);
    const at = this.#freePlace(size);
    if (at < 0) return undefined;
    for (let other = HEADER; other < words.length; other += PLACE) words[other + field.STATE] = state.CLOSING;
    put(words, at, range, state.OPEN);
    this.#usable = this.#countUsable();
    return words[at + field.FIRST] as number;
  }

  /** Adds a range of an earlier run, in which nothing is made any more. Returns whether there is a place for it. */
  addClosing(range: Ipv4Prefix): boolean {
    const at = this.#freePlace(ipv4PrefixSize(range));
    if (at >= 0) put(this.#words, at, range, state.CLOSING);
    return at >= 0;
  }

  /** Ends a closing range, whose mappings have ended; its place is free for another. */
  remove(range: Ipv4Prefix): void {
    for (let at = HEADER; at < this.#words.length; at += PLACE) {
      if (this.#words[at + field.ADDRESS] === (range.address | 0)) Atomics.store(this.#words, at + field.SIZE, 0);
    }
  }

  /** The positions of a range, from the first to the one behind the last. */
  positions(range: Ipv4Prefix): { first: number; end: number } {
    const first = this.position(range.address);
    return { first, end: first + ipv4PrefixSize(range) };
  }

  /** A place without a range that has room for one of `size`, or -1. */
  #freePlace(size: number): number {
    const words = this.#words;
    for (let at = HEADER; at < words.length; at += PLACE) {
      if (words[at + field.SIZE] === 0 && (words[at + field.ROOM] as number) >= size) return at;
    }
    return -1;
  }

  #countUsable(): number {
    return this.open.reduce((sum, range) => sum + ipv4PrefixSize(range) - 2, 0);
  }

  #placeOf(position: number): number {
    const words = this.#words;
    for (let at = HEADER; at < words.length; at += PLACE) {
      const offset = position - (words[at + field.FIRST] as number);
      if (offset >= 0 && offset < (words[at + field.SIZE] as number)) return at;
    }
    return -1;
  }

  #inState(wanted: number): Ipv4Prefix[] {
    const words = this.#words;
    const found: Ipv4Prefix[] = [];
    for (let at = HEADER; at < words.length; at += PLACE) {
      if (words[at + field.SIZE] === 0 || words[at + field.STATE] !== wanted) continue;
      const length = words[at + field.LENGTH] as number;
      found.push({ address: ipv4(words[at + field.ADDRESS] as number), length });
    }
    return found;
  }
}

function layOut(ranges: readonly Ipv4Prefix[], spare: number): Int32Array {
  const sizes = ranges.map(ipv4PrefixSize);
  const rooms = [...sizes, ...new Array<number>(spare).fill(sizes.at(-1) ?? 0)];
  const words = new Int32Array(new SharedArrayBuffer(4 * (HEADER + PLACE * rooms.length)));
  const size = rooms.reduce((sum, room) => sum + room, 0);
  words[word.SIZE] = size;
  words[word.MOST] = Math.min(size, 2 * sizes.reduce((sum, room) => sum + room, 0));
  let first = 0;
  for (const [index, room] of rooms.entries()) {
    const at = HEADER + PLACE * index;
    words[at + field.FIRST] = first;
    words[at + field.ROOM] = room;
    const range = ranges[index];
    if (range !== undefined) put(words, at, range, state.OPEN);
    first += room;
  }
  return words;
}

/** Puts a range into a place that has none. Its size comes last, for those who look meanwhile. */
function put(words: Int32Array, at: number, range: Ipv4Prefix, as: number): void {
  words[at + field.ADDRESS] = range.address;
  words[at + field.STATE] = as;
  words[at + field.LENGTH] = range.length;
  Atomics.store(words, at + field.SIZE, ipv4PrefixSize(range));
}
