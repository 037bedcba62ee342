/**
 * Reading the mapping table, from any thread, while the control plane changes it. Nothing here waits for long, throws
 * or allocates: a reader that meets a row being written looks again, and gives up after a bounded number of looks.
 */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { type Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import type { MappingIndex } from './mapping.ts';
import type { Spool } from './spool.ts';
import { hashAddress, header, ROW, row, slot, type TableColumns } from './table-columns.ts';

/** Looks at a row that keeps changing; a writer needs a few dozen nanoseconds for one. */
const MOST_LOOKS = 1000;

/** The spool's mappings as an `AddressMap`. */
export class TableReader implements AddressMap, MappingIndex {
  readonly #columns: TableColumns;
  readonly #rows: Int32Array;
  readonly #spool: Spool;
  readonly #address = new Ipv6Words();

  constructor(columns: TableColumns, spool: Spool) {
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
    const words = this.#columns.header;
    let active = Atomics.load(words, header.ACTIVE_HASH);
    for (;;) {
      const position = this.#probe(active, address);
      if (position >= 0) return position;
      // A rebuilt hash was swapped in while we looked: a miss in the old one proves nothing.
      const now = Atomics.load(words, header.ACTIVE_HASH);
      if (now === active) return -1;
      active = now;
    }
  }

  #probe(active: number, address: Ipv6Address): number {
    const hash = this.#columns.hashes[active & 1] as Int32Array;
    const { w0, w1, w2, w3 } = address;
    const mask = hash.length - 1;
    const { positions } = this.#columns;
    const whole = hashAddress(w0, w1, w2, w3, this.#columns.header[header.SEED] as number);
    let index = whole & mask;
    for (let probes = 0; probes <= mask; probes++) {
      const value = Atomics.load(hash, index);
      if (value === slot.EMPTY) return -1;
      if (((value ^ whole) & ~positions) === 0 && value !== slot.REMOVED) {
        const position = (value & positions) - 1;
        const own = this.#address;
        const isThere = this.read(position, own);
        if (isThere && own.w3 === w3 && own.w2 === w2 && own.w1 === w1 && own.w0 === w0) return position;
      }
      index = (index + 1) & mask;
    }
    return -1;
  }

  /** Reads a row as a whole: the version is even and the same before and after. Returns whether a mapping is there. */
  read(position: number, out: Ipv6Words): boolean {
    const rows = this.#rows;
    const base = position * ROW;
    for (let look = 0; look < MOST_LOOKS; look++) {
      const before = Atomics.load(rows, base + row.VERSION);
      if ((before & 1) !== 0) continue;
      const w0 = Atomics.load(rows, base + row.ADDRESS);
      const w1 = Atomics.load(rows, base + row.ADDRESS + 1);
      const w2 = Atomics.load(rows, base + row.ADDRESS + 2);
      const w3 = Atomics.load(rows, base + row.ADDRESS + 3);
      if (Atomics.load(rows, base + row.VERSION) !== before) continue;
      out.w0 = w0;
      out.w1 = w1;
      out.w2 = w2;
      out.w3 = w3;
      return (w0 | w1 | w2 | w3) !== 0;
    }
    return false;
  }
}
