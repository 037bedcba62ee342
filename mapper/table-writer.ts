/**
 * Writing the mapping table: only the control plane does, and in an order that no reader can see half of. A row is
 * whole before the hash names it, and unnamed before it is cleared; a hash full of removed slots is rebuilt beside
 * the one in use and swapped in.
 */
import type { Ipv6Address } from './address/ipv6.ts';
import type { Mapping } from './mapping.ts';
import { hashAddress, header, slot, type TableColumns } from './table-columns.ts';

/** Takes pairs as they are made and ended: the shared table is one, the file that keeps them another. */
export interface MappingSink {
  /** `ipv6` now stands at `position`, which was free. */
  publish(position: number, ipv6: Ipv6Address): void;
  /** `position` is free again. */
  withdraw(position: number): void;
  /** The mapping at `position` is about to be answered: new, or promised for longer. Its answer leaves afterwards. */
  promised?(position: number, mapping: Mapping): void;
}

/** Publishes mappings into shared columns. */
export class TableWriter implements MappingSink {
  readonly #columns: TableColumns;
  /** Slots of the active hash that are not empty. */
  #used = 0;

  constructor(columns: TableColumns) {
    this.#columns = columns;
  }

  publish(position: number, ipv6: Ipv6Address): void {
    this.#columns.heldUntil[position] = 0;
    this.#columns.lastPacket[position] = 0;
    this.#write(position, ipv6.w0, ipv6.w1, ipv6.w2, ipv6.w3);
    if (this.#used >= (this.#hash().length * 3) / 4) this.#rebuild();
    else this.#insert(this.#hash(), position);
  }

  withdraw(position: number): void {
    const hash = this.#hash();
    const mask = hash.length - 1;
    let index = this.#start(position, mask);
    while (hash[index] !== position + 1) {
      if (hash[index] === slot.EMPTY) return;
      index = (index + 1) & mask;
    }
    Atomics.store(hash, index, slot.REMOVED);
    this.#write(position, 0, 0, 0, 0);
  }

  #hash(): Int32Array {
    return this.#columns.hashes[(this.#columns.header[header.ACTIVE_HASH] as number) & 1] as Int32Array;
  }

  #start(position: number, mask: number): number {
    const { address } = this.#columns;
    const word = (index: number): number => address[position * 4 + index] as number;
    return hashAddress(word(0), word(1), word(2), word(3), this.#columns.header[header.SEED] as number) & mask;
  }

  #insert(hash: Int32Array, position: number): void {
    const mask = hash.length - 1;
    let index = this.#start(position, mask);
    while (hash[index] !== slot.EMPTY && hash[index] !== slot.REMOVED) index = (index + 1) & mask;
    if (hash[index] === slot.EMPTY) this.#used++;
    Atomics.store(hash, index, position + 1);
  }

  #rebuild(): void {
    const { address, header: words, hashes } = this.#columns;
    const next = (words[header.ACTIVE_HASH] as number) + 1;
    const hash = hashes[next & 1] as Int32Array;
    hash.fill(slot.EMPTY);
    this.#used = 0;
    for (let position = 0; position < address.length / 4; position++) {
      const base = position * 4;
      const any = (address[base] as number) | (address[base + 1] as number) | (address[base + 2] as number);
      if ((any | (address[base + 3] as number)) !== 0) this.#insert(hash, position);
    }
    Atomics.store(words, header.ACTIVE_HASH, next);
  }

  #write(position: number, w0: number, w1: number, w2: number, w3: number): void {
    const { version, address } = this.#columns;
    const base = position * 4;
    Atomics.add(version, position, 1);
    Atomics.store(address, base, w0);
    Atomics.store(address, base + 1, w1);
    Atomics.store(address, base + 2, w2);
    Atomics.store(address, base + 3, w3);
    Atomics.add(version, position, 1);
  }
}
