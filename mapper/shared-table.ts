/**
 * The mapping table as both planes use it, put together: the control plane makes one and publishes into it, the data
 * plane opens the same memory, looks pairs up and stamps what it saw.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { MappingStamps } from './mapping.ts';
import type { Spool } from './spool.ts';
import { TableColumns } from './table-columns.ts';
import { TableReader } from './table-reader.ts';
import { TableWriter } from './table-writer.ts';

/** A mapping table in memory that threads share. */
export class SharedTable implements MappingStamps {
  /** What to hand to another thread, with the spool's ranges, to open the same table. */
  readonly memory: SharedArrayBuffer;
  readonly reader: TableReader;
  readonly #columns: TableColumns;
  readonly #spool: Spool;

  private constructor(columns: TableColumns, spool: Spool) {
    this.memory = columns.memory;
    this.#columns = columns;
    this.#spool = spool;
    this.reader = new TableReader(columns, spool);
  }

  /** An empty table for all of a spool; `seed` is a random 32-bit word. */
  static create(spool: Spool, seed: number): SharedTable {
    return new SharedTable(TableColumns.create(spool.size, seed), spool);
  }

  /** The table another thread made over the same spool. */
  static open(memory: SharedArrayBuffer, spool: Spool): SharedTable {
    return new SharedTable(new TableColumns(memory), spool);
  }

  /** The one writer; make it once, in the control plane. */
  writer(): TableWriter {
    return new TableWriter(this.#columns);
  }

  /**
   * Notes a translated packet to or from a spool address, at `now` (seconds since 1970). With `holdSeconds` it keeps
   * the mapping from being recycled for so long; 0 only notes it. Does nothing for other addresses.
   */
  stamp(address: Ipv4Address, now: number, holdSeconds: number): void {
    const position = this.#spool.position(address);
    if (position < 0) return;
    const { heldUntil, lastPacket } = this.#columns;
    lastPacket[position] = now;
    if (holdSeconds > 0 && (heldUntil[position] as number) < now + holdSeconds) heldUntil[position] = now + holdSeconds;
  }

  heldUntil(position: number): number {
    return this.#columns.heldUntil[position] ?? 0;
  }

  lastPacket(position: number): number {
    return this.#columns.lastPacket[position] ?? 0;
  }
}
