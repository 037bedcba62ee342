/**
 * Reading the mapping table, from any thread, while the control plane changes it. Nothing here waits for long, throws
 * or allocates: a reader that meets a row being written looks again, and gives up after a bounded number of looks.
 */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { type Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import type { MappingIndex } from './mapping.ts';
import { MappingTimes } from './mapping-times.ts';
import type { Spool } from './spool.ts';
import { header, ROW, row, slot, type TableColumns } from './table-columns.ts';
import { firstSlot, hashAddress, nextSlot } from './table-hash.ts';

/** Looks at a row that keeps changing; a writer needs a few dozen nanoseconds for one. */
const MOST_LOOKS = 1000;

/** The spool's mappings as an `AddressMap`. */
export class TableReader implements AddressMap, MappingIndex {
  readonly times: MappingTimes;
  readonly #columns: TableColumns;
  readonly #rows: Int32Array;
  readonly #spool: Spool;
  readonly #address = new Ipv6Words();

  constructor(columns: TableColumns, spool: Spool) {
    this.times = new MappingTimes(columns.rows);
    this.#columns = columns;
    this.#rows = columns.rows;
    this.#spool = spool;
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    const position = this.#spool.position(address);
    return position >= 0 && this.read(position, out);
  }

  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    const position = this.position(address);
    return position < 0 ? NO_ADDRESS : ipv4(this.#spool.address(position));
  }

  /** The position of the row that holds `address`, or -1. */
  position(address: Ipv6Address): number {
    const { header: words, key } = this.#columns;
    const { w0, w1, w2, w3 } = address;
    const whole = hashAddress(w0, w1, w2, w3, key);
    let active = words[header.ACTIVE_HASH] as number;
    for (;;) {
      const position = this.#probe(active, whole, address);
      if (position >= 0) return position;
      // A rebuilt hash was swapped in while we looked: a miss in the old one proves nothing.
      const now = Atomics.load(words, header.ACTIVE_HASH);
      if (now === active) return -1;
      active = now;
    }
  }

  #probe(active: number, whole: number, address: Ipv6Address): number {
    const { hashes, header: words, positionBits } = this.#columns;
    const hash = hashes[active & 1] as Int32Array;
    const slots = words[header.SLOTS + (active & 1)] as number;
    const { w0, w1, w2, w3 } = address;
    const tag = whole << positionBits;
    let index = firstSlot(whole, slots);
    for (let probe = 0; probe < slots; probe++) {
      let value = hash[index] as number;
      // A hash that is not in use any more is emptied: whether it is that one is asked after this was read, in this order.
      if (value === slot.EMPTY) value = Atomics.load(hash, index);
      if (value === slot.EMPTY) return -1;
      if ((value ^ tag) >>> positionBits === 0 && value !== slot.REMOVED) {
        const position = (value ^ tag) - 1;
        const own = this.#address;
        const isThere = this.read(position, own);
        if (isThere && own.w3 === w3 && own.w2 === w2 && own.w1 === w1 && own.w0 === w0) return position;
      }
      index = nextSlot(index, slots);
    }
    return -1;
  }

  /** Reads a row as a whole: the version is even and the same before and after. Returns whether a mapping is there. */
  read(position: number, out: Ipv6Words): boolean {
    const rows = this.#rows;
    const base = position * ROW;
    // Atomics are calls, ten times as long as what is read here. A load whose place depends on what another one brought
    // comes after it on every processor; and no compiler knows that the place is always the same.
    const zero = this.#columns.header[header.ZERO] as number;
    const before = rows[base + row.VERSION] as number;
    const at = base + row.ADDRESS + (before & zero);
    const w0 = rows[at] as number;
    const w1 = rows[at + 1] as number;
    const w2 = rows[at + 2] as number;
    const w3 = rows[at + 3] as number;
    const after = rows[base + row.VERSION + ((w0 ^ w1 ^ w2 ^ w3) & zero)];
    if ((before & 1) !== 0 || after !== before) return this.#readAgain(base, out);
    out.w0 = w0;
    out.w1 = w1;
    out.w2 = w2;
    out.w3 = w3;
    return (w0 | w1 | w2 | w3) !== 0;
  }

  /** The same for a row that was being written. */
  #readAgain(base: number, out: Ipv6Words): boolean {
    const rows = this.#rows;
    for (let look = 0; look < MOST_LOOKS; look++) {
      const before = Atomics.load(rows, base + row.VERSION);
      if ((before & 1) !== 0) continue;
      out.w0 = Atomics.load(rows, base + row.ADDRESS);
      out.w1 = Atomics.load(rows, base + row.ADDRESS + 1);
      out.w2 = Atomics.load(rows, base + row.ADDRESS + 2);
      out.w3 = Atomics.load(rows, base + row.ADDRESS + 3);
      if (Atomics.load(rows, base + row.VERSION) === before) return (out.w0 | out.w1 | out.w2 | out.w3) !== 0;
    }
    return false;
  }
}
