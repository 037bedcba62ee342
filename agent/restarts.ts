/** How often, and after which pause, a data path that was lost is started again: ten times in a row, each time a little later. */

const MOST_RESTARTS = 10;
/** The first pause; each of those that follow is longer by as much: 0.05 s to 0.5 s. */
const PAUSE_MILLISECONDS = 50;
/** What was up for so long was in order: what happens to it afterwards is the first time again. */
const IN_ORDER_MILLISECONDS = 300_000;

/** One more start. */
export interface Restart {
  /** Which it is in a row: 1 to `of`. */
  readonly number: number;
  readonly of: number;
  readonly pauseMilliseconds: number;
}

export class Restarts {
  readonly #now: () => number;
  #count = 0;
  #upSince: number | undefined;

  /** `now` is in milliseconds and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** It has come up. */
  up(): void {
    this.#upSince = this.#now();
  }

  /** It was lost, or could not be started again: the start that is due now, which counts; `undefined` after too many. */
  next(): Restart | undefined {
    if (this.#upSince !== undefined && this.#now() - this.#upSince >= IN_ORDER_MILLISECONDS) this.#count = 0;
    this.#upSince = undefined;
    if (this.#count >= MOST_RESTARTS) return undefined;
    this.#count++;
    return { number: this.#count, of: MOST_RESTARTS, pauseMilliseconds: this.#count * PAUSE_MILLISECONDS };
  }
}
