/** Bounds on strangers (M15): so many each second, and as many at once after a quiet second. */

/** How long a stranger's address is kept for the answer to its first packet. */
export const STRANGER_SECONDS = 5;

/**
 * New strangers a second. A service that is exposed on a host seldom meets more, and who makes up addresses needs 20 s
 * to fill the half of a /20 that is theirs at most.
 */
const STRANGERS_PER_SECOND = 100;

export class StrangerRate {
  #left = STRANGERS_PER_SECOND;
  #asOf = 0;

  /** Whether one more may come at `now` (seconds since 1970), which then counts. */
  admits(now: number): boolean {
    // A clock that was set back begins anew, or nobody would come in until it is there again.
    const passed = now < this.#asOf ? 1 : now - this.#asOf;
    this.#left = Math.min(STRANGERS_PER_SECOND, this.#left + STRANGERS_PER_SECOND * passed);
    this.#asOf = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
