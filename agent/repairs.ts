/** How often what others changed is put right again (S6): ten times within an hour, then it is left as they want it. */

/** What is repaired, in words that stand in "Somebody changed …". */
export type Repaired =
  | 'the device'
  | 'the forward guard'
  | 'the opened firewall'
  | 'forwarding'
  | 'the dedicated addresses';

const MOST_REPAIRS = 10;
const HOUR_MILLISECONDS = 3_600_000;

export class Repairs {
  readonly #now: () => number;
  readonly #times = new Map<Repaired, number[]>();

  /** `now` is in milliseconds and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether it may be repaired once more, which counts. */
  may(what: Repaired): boolean {
    const recent = this.#recent(what);
    if (recent.length >= MOST_REPAIRS) return false;
    this.#times.set(what, [...recent, this.#now()]);
    return true;
  }

  /** What is not repaired any more for now. */
  get givenUp(): readonly Repaired[] {
    return [...this.#times.keys()].filter((what) => this.#recent(what).length >= MOST_REPAIRS);
  }

  #recent(what: Repaired): number[] {
    const since = this.#now() - HOUR_MILLISECONDS;
    return (this.#times.get(what) ?? []).filter((time) => time > since);
  }
}
