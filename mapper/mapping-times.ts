/**
 * What the control plane alone knows of each position: four times, in seconds since 1970. They lie in the rows of the
 * table, which have room for them; in columns of their own a million mappings would have 16 MB more.
 */
import { ROW } from './table-columns.ts';

/** Words of a row: when it was made, promised last, until when it is promised, and until when the file says so. */
export const time = { CREATED: 12, USED: 13, PROMISED: 14, SAVED: 15 } as const;
export type Time = (typeof time)[keyof typeof time];

export class MappingTimes {
  readonly #words: Uint32Array;

  /** Over the rows of a table. */
  constructor(rows: Int32Array) {
    this.#words = new Uint32Array(rows.buffer, rows.byteOffset, rows.length);
  }

  get(position: number, which: Time): number {
    return this.#words[position * ROW + which] as number;
  }

  set(position: number, which: Time, seconds: number): void {
    this.#words[position * ROW + which] = seconds;
  }
}
