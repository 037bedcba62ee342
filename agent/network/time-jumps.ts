/** Notices that time has passed unseen (D9): the machine slept, this process was stopped, or the clock was set. */

/** What sockets and answers of before survive, in milliseconds. */
const LONGEST_MILLISECONDS = 5000;

export interface Clocks {
  /** Milliseconds since 1970, as the clock is set. Goes on while the machine sleeps. */
  readonly wall: () => number;
  /** Milliseconds since some moment. Stands still while the machine sleeps, and is never set. */
  readonly monotonic: () => number;
}

const systemClocks: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

export class TimeJumps {
  readonly #clocks: Clocks;
  #wall: number;
  #monotonic: number;

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks;
    this.#wall = clocks.wall();
    this.#monotonic = clocks.monotonic();
  }

  /** Whether more than 5 s have passed by either clock since the last call, or the clock was set back by as much. */
  jumped(): boolean {
    const [wall, monotonic] = [this.#clocks.wall(), this.#clocks.monotonic()];
    const passed = Math.max(Math.abs(wall - this.#wall), monotonic - this.#monotonic);
    this.#wall = wall;
    this.#monotonic = monotonic;
    return passed > LONGEST_MILLISECONDS;
  }
}
