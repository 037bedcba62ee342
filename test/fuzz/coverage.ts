/**
 * Which characters of the sources have run, from V8's precise block coverage (Chrome DevTools protocol, `Profiler`).
 */
import { Session } from 'node:inspector/promises';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** Remembers what has run, and says whether something new did. */
export class Coverage {
  readonly #session = new Session();
  readonly #folder: string;
  readonly #covered = new Map<string, Uint8Array>();

  /** Sources whose URL contains `folder` count. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many characters ran since the last call that never did before; `remember` makes them known. */
  async take(remember: boolean): Promise<number> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    let fresh = 0;
    for (const { url, functions } of result) {
      if (!url.includes(this.#folder) || url.endsWith('.test.ts')) continue;
      for (const { ranges } of functions) fresh += this.#add(url, ranges, remember);
    }
    return fresh;
  }

  /** How many characters have run. */
  get size(): number {
    let size = 0;
    for (const covered of this.#covered.values()) for (const one of covered) size += one;
    return size;
  }

  /** Ranges of one function, an outer one before those inside it, which say otherwise for their part. */
  #add(url: string, ranges: readonly Range[], remember: boolean): number {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return 0;
    const ran = new Uint8Array(whole.endOffset - whole.startOffset);
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
    }
    const covered = this.#coveredOf(url, whole.endOffset);
    let fresh = 0;
    for (const [index, one] of ran.entries()) {
      if (one === 1 && covered[whole.startOffset + index] === 0) {
        if (remember) covered[whole.startOffset + index] = 1;
        fresh++;
      }
    }
    return fresh;
  }

  #coveredOf(url: string, end: number): Uint8Array {
    const known = this.#covered.get(url);
    if (known !== undefined && known.length >= end) return known;
    const grown = new Uint8Array(end * 2);
    if (known !== undefined) grown.set(known);
    this.#covered.set(url, grown);
    return grown;
  }
}
