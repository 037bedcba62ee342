/** A token bucket: so many in any second, and no more, whatever somebody else sends us. */

/** Ours: the part of a second's share that may go at once, after a quiet time. */
const BURST = 0.2;

/** What the bucket holds and what flows in during a second make `perSecond`, which is 1 or more. */
export class RateLimit {
  readonly #most: number;
  readonly #perMillisecond: number;
  #tokens: number;
  #filledAt = 0;

  constructor(perSecond: number) {
    this.#most = Math.max(1, perSecond * BURST);
    this.#perMillisecond = (perSecond - this.#most) / 1000;
    this.#tokens = this.#most;
  }

  /**
   * Whether one may go at `now`, in milliseconds; what goes has to be taken. Fills up for the time since the last call; a
   * clock that was put back gives nothing.
   */
  mayAt(now: number): boolean {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#most, this.#tokens + elapsed * this.#perMillisecond);
    return this.#tokens >= 1;
  }

  take(): void {
    this.#tokens--;
  }
}
