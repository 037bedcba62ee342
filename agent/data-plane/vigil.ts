/**
 * How long a worker goes on looking for packets before it sleeps. To be woken takes longer than to handle a packet, so
 * when packets follow each other it pays to look a little longer; when they do not, it costs a processor. What was
 * learned from the last sleep decides, as in KVM's halt polling (kernel documentation, virt/kvm/halt-polling).
 */

/** Looks in a row that find nothing, at most: each is a system call of 0.3 to 0.5 µs. */
const MOST_LOOKS = 200;
const FIRST_LOOKS = 25;
/** A sleep that ended sooner than this might as well have been spent looking. */
const SHORT_MILLISECONDS = 0.15;
/** Looking takes this long at most for each look, unless somebody else was given the processor meanwhile. */
const LOOK_MILLISECONDS = 0.002;
/** A question or an answer takes its program less than this, in milliseconds: who takes longer has other things to do. */
const MOST_MILLISECONDS = 0.2;
/** So many sleeps are not followed by looking then, twice as many the next time, to a limit. */
const FIRST_SLEEPS = 8;
const MOST_SLEEPS = 256;

export class Vigil {
  /** How many times in a row to look and find nothing before sleeping. */
  looks = 0;
  /** Sleeps that are still to come before looking begins again. */
  #sleeps = 0;
  #nextSleeps = FIRST_SLEEPS;

  /** Says how long it was from falling asleep to having handled what woke us. */
  slept(milliseconds: number): void {
    if (this.#sleeps > 0) this.#sleeps--;
    else if (milliseconds > SHORT_MILLISECONDS) this.looks = 0;
    else this.looks = Math.min(MOST_LOOKS, Math.max(FIRST_LOOKS, this.looks * 2));
  }

  /** Says how long ago something was found when looking ended. Who was given the processor meanwhile needs it more. */
  looked(milliseconds: number): void {
    if (milliseconds > this.looks * LOOK_MILLISECONDS) this.looks = 0;
  }

  /**
   * Says how long ago something was found when the processor came back from somebody it was left to. Returns whether
   * looking has to end: who needs it for that long would have it first each time, and a packet would wait.
   */
  isRobbed(milliseconds: number): boolean {
    if (milliseconds <= MOST_MILLISECONDS) return false;
    this.#sleeps = this.#nextSleeps;
    this.#nextSleeps = Math.min(MOST_SLEEPS, 2 * this.#nextSleeps);
    return true;
  }

  /** Says that looking was worth it. */
  found(): void {
    this.#nextSleeps = FIRST_SLEEPS;
  }
}
