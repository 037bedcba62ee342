/**
 * The mapping table as both planes use it, put together: the control plane makes one and publishes into it, the data
 * plane opens the same memory, looks pairs up and stamps what it saw.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { MappingStamps } from './mapping.ts';
import type { Spool } from './spool.ts';
import { TableAhead } from './table-ahead.ts';
import { ROW, ROW_SUMS, row, sum, TableColumns } from './table-columns.ts';
import { TableReader } from './table-reader.ts';
import { TableWriter } from './table-writer.ts';

/** A mapping table in memory that threads share. */
export class SharedTable implements MappingStamps {
  /** What to hand to another thread, with the spool's own memory, to open the same table. */
  readonly memory: SharedArrayBuffer;
  readonly reader: TableReader;
  /** For look-ups of which several are known beforehand; this thread's own. */
  readonly ahead: TableAhead;
  readonly #columns: TableColumns;
  readonly #rows: Int32Array;
  readonly #spool: Spool;

  private constructor(columns: TableColumns, spool: Spool) {
    this.memory = columns.memory;
    this.#columns = columns;
    this.#rows = columns.rows;
    this.#spool = spool;
    this.reader = new TableReader(columns, spool);
    this.ahead = new TableAhead(columns, spool);
  }

  /** An empty table for all of a spool, of which so much is to be mapped at first; `seed` is a random 32-bit word. */
  static create(spool: Spool, seed: number, expected = spool.usable): SharedTable {
    return new SharedTable(TableColumns.create(spool.size, expected, Math.max(expected, spool.most), seed), spool);
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
   * Notes a translated packet of `octets` to or from a spool address, at `now` (seconds since 1970). With `holdSeconds`
   * it keeps the mapping from being recycled for so long; 0 only notes it. What TCP holds is noted apart, because the
   * kernel knows better whether it is still so. Does nothing for other addresses.
   */
  stamp(address: Ipv4Address, now: number, octets: number, holdSeconds = 0, isTcp = false): void {
    const position = this.#spool.position(address);
    if (position < 0) return;
    const { sums } = this.#columns;
    (sums[position * ROW_SUMS + sum.PACKETS] as number)++;
    (sums[position * ROW_SUMS + sum.OCTETS] as number) += octets;
    const rows = this.#rows;
    const base = position * ROW;
    rows[base + row.LAST_PACKET] = now;
    if (holdSeconds === 0) return;
    const held = base + (isTcp ? row.CONNECTED : row.HELD);
    if ((rows[held] as number) >>> 0 < now + holdSeconds) rows[held] = now + holdSeconds;
  }

  hold(position: number, heldUntil: number, connectedUntil: number): void {
    this.#rows[position * ROW + row.HELD] = heldUntil;
    this.#rows[position * ROW + row.CONNECTED] = connectedUntil;
  }

  heldUntil(position: number): number {
    return this.#time(position, row.HELD);
  }

  connectedUntil(position: number): number {
    return this.#time(position, row.CONNECTED);
  }

  lastPacket(position: number): number {
    return this.#time(position, row.LAST_PACKET);
  }

  packets(position: number): number {
    return this.#columns.sums[position * ROW_SUMS + sum.PACKETS] ?? 0;
  }

  octets(position: number): number {
    return this.#columns.sums[position * ROW_SUMS + sum.OCTETS] ?? 0;
  }

  #time(position: number, field: number): number {
    return (this.#rows[position * ROW + field] ?? 0) >>> 0;
  }
}
