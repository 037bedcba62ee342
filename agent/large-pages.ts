/**
 * Large pages for the rows of the mapping table, behind those who fill them: the kernel puts pages that are in use together
 * in its own time (khugepaged). One that is large from the beginning is cleared at its first use, all 2 MB of it, and
 * whoever makes a mapping waits for that: 5 ms on a virtual machine.
 */
import type { MappingSink } from '../mapper/mapping.ts';
import { ROW } from '../mapper/table-columns.ts';
import { preferHugePages } from './data-plane/huge-pages.ts';

/** Rows of a large page. */
const ROWS = 0x20_0000 / (4 * ROW);

export class LargePages implements MappingSink {
  readonly #memory: SharedArrayBuffer;
  /** Rows before this one are in pages that were asked for. */
  #asked = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
  }

  /** Rows are used in their order, the first time: all before this one have been. */
  publish(position: number): void {
    if (position < this.#asked + ROWS) return;
    this.#asked = Math.floor(position / ROWS) * ROWS;
    preferHugePages(this.#memory, this.#asked * 4 * ROW);
  }

  withdraw(): void {
    // A page stays as large as it is.
  }
}
