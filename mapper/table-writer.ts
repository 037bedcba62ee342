/**
 * Writing the mapping table: only the control plane does, and in an order that no reader can see half of. A row is
 * whole before the hash names it, and unnamed before it is cleared. A hash that is nearly full, of rows or of removed
 * slots, is made anew beside the one in use, a few slots with every change, and swapped in when it is complete.
 */
import type { Ipv6Address } from './address/ipv6.ts';
import type { MappingSink } from './mapping.ts';
import { hashSlots, header, ROW, ROW_SUMS, row, slot, sum, type TableColumns } from './table-columns.ts';
import { firstSlot, hashAddress, nextSlot } from './table-hash.ts';

/** What is done for the next hash with every change: slots emptied first, then slots copied. A few microseconds each. */
const EMPTIED_AT_A_TIME = 16_384;
const COPIED_AT_A_TIME = 64;
/** When the next hash is begun: when this share of the slots is not empty. */
const FULL = 7 / 8;

/** The next hash: how many slots it has, how many of them are not empty, and how far emptying and copying have come. */
interface NextHash {
  readonly slots: number;
  used: number;
  emptied: number;
  /** Slots of the active hash. */
  copied: number;
}

/** Publishes mappings into shared columns. */
export class TableWriter implements MappingSink {
  readonly #columns: TableColumns;
  /** Rows that are mapped. */
  #mapped = 0;
  /** Slots of the active hash that are not empty. */
  #used = 0;
  #next: NextHash | undefined;
  /** Rows that are being copied, and their hashes. */
  readonly #copying = new Int32Array(COPIED_AT_A_TIME);
  readonly #copyingHashes = new Int32Array(COPIED_AT_A_TIME);

  constructor(columns: TableColumns) {
    this.#columns = columns;
  }

  publish(position: number, ipv6: Ipv6Address): void {
    const { rows, sums } = this.#columns;
    const base = position * ROW;
    rows[base + row.HELD] = 0;
    rows[base + row.CONNECTED] = 0;
    rows[base + row.LAST_PACKET] = 0;
    sums[position * ROW_SUMS + sum.PACKETS] = 0;
    sums[position * ROW_SUMS + sum.OCTETS] = 0;
    this.#write(base, ipv6.w0, ipv6.w1, ipv6.w2, ipv6.w3);
    this.#mapped++;
    const { w0, w1, w2, w3 } = ipv6;
    const whole = hashAddress(w0, w1, w2, w3, this.#columns.key);
    const index = freeSlot(this.#active, this.#slots, whole);
    if (this.#active[index] === slot.EMPTY) this.#used++;
    Atomics.store(this.#active, index, this.#slotOf(position, whole));
    // Behind the copying it is copied when its turn comes.
    const next = this.#next;
    if (next !== undefined && index < next.copied) this.#insertNext(next, whole, position);
    if (next !== undefined || this.#used >= this.#slots * FULL) this.#rebuild();
  }

  withdraw(position: number): void {
    if (!this.#isMapped(position)) return;
    this.#mapped--;
    const whole = this.#hash(position);
    const held = this.#slotOf(position, whole);
    const index = slotThatHolds(held, this.#active, this.#slots, whole);
    this.#used -= vacate(this.#active, this.#slots, index);
    const next = this.#next;
    if (next !== undefined && index < next.copied) {
      next.used -= vacate(this.#other, next.slots, slotThatHolds(held, this.#other, next.slots, whole));
    }
    this.#write(position * ROW, 0, 0, 0, 0);
  }

  get #active(): Int32Array {
    return this.#columns.hashes[(this.#columns.header[header.ACTIVE_HASH] as number) & 1] as Int32Array;
  }

  /** Slots of the active hash. */
  get #slots(): number {
    const { header: words } = this.#columns;
    return words[header.SLOTS + ((words[header.ACTIVE_HASH] as number) & 1)] as number;
  }

  get #other(): Int32Array {
    return this.#columns.hashes[((this.#columns.header[header.ACTIVE_HASH] as number) & 1) ^ 1] as Int32Array;
  }

  /** The hash of a row's address. */
  #hash(position: number): number {
    const { rows, key } = this.#columns;
    const base = position * ROW + row.ADDRESS;
    const [w0, w1] = [rows[base] as number, rows[base + 1] as number];
    const [w2, w3] = [rows[base + 2] as number, rows[base + 3] as number];
    return hashAddress(w0, w1, w2, w3, key);
  }

  /** What the slot of a row holds. */
  #slotOf(position: number, whole: number): number {
    return (whole << this.#columns.positionBits) | (position + 1);
  }

  /** Nobody reads that hash yet. */
  #insertNext(next: NextHash, whole: number, position: number): void {
    const hash = this.#other;
    const index = freeSlot(hash, next.slots, whole);
    if (hash[index] === slot.EMPTY) next.used++;
    hash[index] = this.#slotOf(position, whole);
  }

  /** Goes on with the next hash. It is complete long before the one in use is full. */
  #rebuild(): void {
    this.#next ??= { slots: hashSlots(this.#mapped), used: 0, emptied: 0, copied: 0 };
    const next = this.#next;
    if (next.emptied < next.slots) {
      this.#other.fill(slot.EMPTY, next.emptied, Math.min(next.slots, next.emptied + EMPTIED_AT_A_TIME));
      next.emptied += EMPTIED_AT_A_TIME;
      return;
    }
    this.#copy(next);
    if (next.copied < this.#slots) return;
    const { header: words } = this.#columns;
    const number = words[header.ACTIVE_HASH] as number;
    words[header.SLOTS + ((number & 1) ^ 1)] = next.slots;
    this.#used = next.used;
    this.#next = undefined;
    Atomics.store(words, header.ACTIVE_HASH, number + 1);
  }

  /** Copies some slots of the active hash into the next one. */
  #copy(next: NextHash): void {
    const active = this.#active;
    const copying = this.#copying;
    const mask = 2 ** this.#columns.positionBits - 1;
    const end = Math.min(this.#slots, next.copied + COPIED_AT_A_TIME);
    let count = 0;
    for (; next.copied < end; next.copied++) {
      const held = active[next.copied] as number;
      if (held !== slot.EMPTY && held !== slot.REMOVED) copying[count++] = (held & mask) - 1;
    }
    // The rows are far apart. First all of them are read, so that the processor waits for them together.
    const hashes = this.#copyingHashes;
    for (let index = 0; index < count; index++) hashes[index] = this.#hash(copying[index] as number);
    for (let index = 0; index < count; index++) {
      this.#insertNext(next, hashes[index] as number, copying[index] as number);
    }
  }

  #isMapped(position: number): boolean {
    const { rows } = this.#columns;
    const base = position * ROW + row.ADDRESS;
    const [w0, w1] = [rows[base] as number, rows[base + 1] as number];
    return (w0 | w1 | (rows[base + 2] as number) | (rows[base + 3] as number)) !== 0;
  }

  #write(base: number, w0: number, w1: number, w2: number, w3: number): void {
    const { rows } = this.#columns;
    Atomics.add(rows, base + row.VERSION, 1);
    Atomics.store(rows, base + row.ADDRESS, w0);
    Atomics.store(rows, base + row.ADDRESS + 1, w1);
    Atomics.store(rows, base + row.ADDRESS + 2, w2);
    Atomics.store(rows, base + row.ADDRESS + 3, w3);
    Atomics.add(rows, base + row.VERSION, 1);
  }
}

/** The first slot that nobody has, as looking for this hash goes. */
function freeSlot(hash: Int32Array, slots: number, whole: number): number {
  let index = firstSlot(whole, slots);
  while (hash[index] !== slot.EMPTY && hash[index] !== slot.REMOVED) index = nextSlot(index, slots);
  return index;
}

/** The slot that holds this, which is there. */
function slotThatHolds(held: number, hash: Int32Array, slots: number, whole: number): number {
  let index = firstSlot(whole, slots);
  while (hash[index] !== held) index = nextSlot(index, slots);
  return index;
}

/**
 * Marks a slot as removed; where nothing can be behind it, it becomes empty, and so do those before it that were only
 * marked. Returns how many became empty.
 */
function vacate(hash: Int32Array, slots: number, index: number): number {
  if (hash[nextSlot(index, slots)] !== slot.EMPTY) {
    Atomics.store(hash, index, slot.REMOVED);
    return 0;
  }
  let count = 0;
  let at = index;
  do {
    Atomics.store(hash, at, slot.EMPTY);
    count++;
    at = (at === 0 ? slots : at) - 1;
  } while (hash[at] === slot.REMOVED);
  return count;
}
