/**
 * Writing the mapping table: only the control plane does, and in an order that no reader can see half of. A row is
 * whole before the hash names it, and unnamed before it is cleared. A hash full of removed slots is rebuilt beside the
 * one in use, a few rows with every change, and swapped in when it is complete.
 */
import type { Ipv6Address } from './address/ipv6.ts';
import type { MappingSink } from './mapping.ts';
import { hashAddress, header, ROW, ROW_SUMS, row, slot, sum, type TableColumns } from './table-columns.ts';

/** What is done for the next hash with every change: slots emptied first, then rows copied. 10 µs of a million rows. */
const SLOTS_AT_A_TIME = 16_384;
const ROWS_AT_A_TIME = 64;

/** Publishes mappings into shared columns. */
export class TableWriter implements MappingSink {
  readonly #columns: TableColumns;
  readonly #slots: number;
  readonly #size: number;
  /** Slots of the active hash that are not empty. */
  #used = 0;
  /** The next hash: how many slots of it are not empty, have been emptied, and how many rows are in it. */
  #next: { used: number; emptied: number; copied: number } | undefined;

  constructor(columns: TableColumns) {
    this.#columns = columns;
    this.#slots = columns.hashes[0].length;
    this.#size = columns.rows.length / ROW;
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
    if (this.#insert(this.#active, position)) this.#used++;
    if (this.#next !== undefined && position < this.#next.copied && this.#insert(this.#other, position)) {
      this.#next.used++;
    }
    if (this.#next !== undefined || this.#used >= (this.#slots * 5) / 8) this.#rebuild();
  }

  withdraw(position: number): void {
    this.#remove(this.#active, position);
    if (this.#next !== undefined && position < this.#next.copied) this.#remove(this.#other, position);
    this.#write(position * ROW, 0, 0, 0, 0);
  }

  get #active(): Int32Array {
    return this.#columns.hashes[(this.#columns.header[header.ACTIVE_HASH] as number) & 1] as Int32Array;
  }

  get #other(): Int32Array {
    return this.#columns.hashes[((this.#columns.header[header.ACTIVE_HASH] as number) & 1) ^ 1] as Int32Array;
  }

  /** The hash of a row's address: where probing begins, and the high bits of its slot. */
  #hash(position: number): number {
    const { rows, header: words } = this.#columns;
    const base = position * ROW + row.ADDRESS;
    const [w0, w1] = [rows[base] as number, rows[base + 1] as number];
    const [w2, w3] = [rows[base + 2] as number, rows[base + 3] as number];
    return hashAddress(w0, w1, w2, w3, words[header.SEED] as number);
  }

  /** What the slot of a row holds. */
  #slotOf(position: number, hash: number): number {
    const { positions } = this.#columns;
    return (hash & ~positions) | (position + 1);
  }

  /** Returns whether an empty slot was used up. */
  #insert(hash: Int32Array, position: number): boolean {
    const mask = this.#slots - 1;
    const whole = this.#hash(position);
    let index = whole & mask;
    while (hash[index] !== slot.EMPTY && hash[index] !== slot.REMOVED) index = (index + 1) & mask;
    const isNew = hash[index] === slot.EMPTY;
    Atomics.store(hash, index, this.#slotOf(position, whole));
    return isNew;
  }

  #remove(hash: Int32Array, position: number): void {
    const mask = this.#slots - 1;
    const whole = this.#hash(position);
    const held = this.#slotOf(position, whole);
    let index = whole & mask;
    while (hash[index] !== held) {
      if (hash[index] === slot.EMPTY) return;
      index = (index + 1) & mask;
    }
    Atomics.store(hash, index, slot.REMOVED);
  }

  /** Goes on with the next hash. It is complete long before the one in use is full of slots that were removed. */
  #rebuild(): void {
    this.#next ??= { used: 0, emptied: 0, copied: 0 };
    const next = this.#next;
    const hash = this.#other;
    if (next.emptied < this.#slots) {
      hash.fill(slot.EMPTY, next.emptied, next.emptied + SLOTS_AT_A_TIME);
      next.emptied += SLOTS_AT_A_TIME;
      return;
    }
    const end = Math.min(this.#size, next.copied + ROWS_AT_A_TIME);
    for (; next.copied < end; next.copied++) {
      if (this.#isMapped(next.copied) && this.#insert(hash, next.copied)) next.used++;
    }
    if (next.copied < this.#size) return;
    this.#used = next.used;
    this.#next = undefined;
    Atomics.add(this.#columns.header, header.ACTIVE_HASH, 1);
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
