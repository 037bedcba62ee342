/**
 * Waiting for the mapping table once, for several look-ups. Of a large table neither slots nor rows are in a processor's
 * cache, and a look-up waits for one after the other. JavaScript cannot ask for memory without waiting for it; but for loads
 * of which none depends on another the processor waits at once. So who knows several addresses has all their slots
 * loaded, then all their rows, and then looks one after the other up.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address } from './address/ipv6.ts';
import type { Spool } from './spool.ts';
import { hashSlots, header, ROW, slot, type TableColumns } from './table-columns.ts';
import { firstSlot, hashAddress, nextSlot } from './table-hash.ts';

/** The most addresses at a time. With 4 a packet to IPv4 waits 105 ns, with 8 80, with 16 60 (of 140 for each load). */
export const MOST_AHEAD = 8;
/** Slots of a table that is small: its rows are 1 MB at most, what a processor of today has near itself. */
const SMALL = hashSlots(16_384);
/** Slots that are looked at for one address; more are rare, and then the look-up waits. */
const MOST_PROBES = 8;

/** Loads what look-ups are going to need; used by one thread. It never says what it found: only the reader looks twice. */
export class TableAhead {
  readonly #columns: TableColumns;
  readonly #spool: Spool;
  readonly #positions = new Int32Array(MOST_AHEAD);
  readonly #hashes = new Int32Array(MOST_AHEAD);
  /** What was loaded: a load whose outcome nobody keeps would not be made. */
  readonly #loaded = new Int32Array(MOST_AHEAD);
  #positionCount = 0;
  #hashCount = 0;

  constructor(columns: TableColumns, spool: Spool) {
    this.#columns = columns;
    this.#spool = spool;
  }

  /** Whether a look-up is likely to wait for memory. */
  get isLarge(): boolean {
    const { header: words } = this.#columns;
    const active = (words[header.ACTIVE_HASH] as number) & 1;
    return (words[header.SLOTS + active] as number) > SMALL;
  }

  /** Adds an address that is going to be looked up; one of the next `MOST_AHEAD`, of either kind. */
  addIpv4(address: Ipv4Address): void {
    const position = this.#spool.position(address);
    if (position >= 0) this.#positions[this.#positionCount++] = position;
  }

  /** The same for an IPv6 address. */
  addIpv6({ w0, w1, w2, w3 }: Ipv6Address): void {
    this.#hashes[this.#hashCount++] = hashAddress(w0, w1, w2, w3, this.#columns.key);
  }

  /** Loads what the look-ups of all addresses since the last call will. */
  load(): void {
    const positions = this.#positionCount;
    this.#loadRows(0, positions);
    this.#loadSlots();
    this.#findPositions();
    this.#loadRows(positions, this.#positionCount);
    this.#positionCount = 0;
    this.#hashCount = 0;
  }

  #loadRows(first: number, end: number): void {
    const { rows } = this.#columns;
    for (let number = first; number < end; number++) {
      this.#loaded[number] = rows[(this.#positions[number] as number) * ROW] as number;
    }
  }

  /** Nothing here may depend on what a slot holds, or each would be waited for alone. */
  #loadSlots(): void {
    const { hashes, header: words } = this.#columns;
    const active = (words[header.ACTIVE_HASH] as number) & 1;
    const hash = hashes[active] as Int32Array;
    const slots = words[header.SLOTS + active] as number;
    for (let number = 0; number < this.#hashCount; number++) {
      this.#loaded[number] = hash[firstSlot(this.#hashes[number] as number, slots)] as number;
    }
  }

  /** The rows that the reader is going to look at first, as the slots have it. */
  #findPositions(): void {
    const { hashes, header: words, positionBits } = this.#columns;
    const active = (words[header.ACTIVE_HASH] as number) & 1;
    const hash = hashes[active] as Int32Array;
    const slots = words[header.SLOTS + active] as number;
    for (let number = 0; number < this.#hashCount; number++) {
      const whole = this.#hashes[number] as number;
      const tag = whole << positionBits;
      let index = firstSlot(whole, slots);
      for (let probe = 0; probe < MOST_PROBES; probe++) {
        const value = hash[index] as number;
        if (value === slot.EMPTY) break;
        if ((value ^ tag) >>> positionBits === 0 && value !== slot.REMOVED) {
          this.#positions[this.#positionCount++] = (value ^ tag) - 1;
          break;
        }
        index = nextSlot(index, slots);
      }
    }
  }
}
