/** Letting others have the thread: whoever has much to do does a slice of it, and goes on in the next turn of the loop. */

/** How long a slice takes, in milliseconds. */
const SLICE_MILLISECONDS = 1;
/** The clock is asked once in so many times. */
const BETWEEN_LOOKS = 16;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A slice by the clock: code that was not compiled yet, and memory that was not touched, take ten times as long. */
export class Slice {
  #began = performance.now();
  #steps = 0;

  /** To be asked before every step. Whether others should have the thread now. */
  get isOver(): boolean {
    return this.#steps++ % BETWEEN_LOOKS === 0 && performance.now() - this.#began > SLICE_MILLISECONDS;
  }

  /** Lets others have the thread, and begins anew. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}
