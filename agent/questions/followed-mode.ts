/**
 * Mode `auto` where the kernel cannot catch questions: which of the other ways is taken depends on the host, as whether
 * systemd-resolved runs, and follows it when that changes for longer than a restart takes.
 */
import type { Mode, Reason, ServerStatus } from '../control/agent.ts';
import type { Log } from '../log.ts';
import type { Decision } from './decide.ts';
import type { Questions } from './questions.ts';

/** How long a host has to be another one: services that are started again are away for a second or two. */
const SETTLING_MILLISECONDS = 10_000;

type Choice = Pick<Decision, 'mode' | 'reasons'>;

export interface FollowedModeParts {
  readonly first: Choice;
  /** Looks at the host again and draws the conclusion. */
  readonly decide: () => Promise<Choice>;
  readonly make: (choice: Choice) => Questions;
  /** Told when another mode has been taken: what stubs keep is of the one before (E16). */
  readonly changed: () => Promise<unknown>;
  readonly log: Pick<Log, 'info'>;
  /** In milliseconds, and never goes back. */
  readonly now?: () => number;
}

export class FollowedMode implements Questions {
  readonly #parts: FollowedModeParts;
  readonly #now: () => number;
  #current: Questions;
  /** Whether it has been taken and has not begun. */
  #isNew = false;
  /** The mode that would be chosen now, and since when. */
  #other: { readonly mode: Mode; readonly since: number } | undefined;

  constructor(parts: FollowedModeParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
    this.#current = parts.make(parts.first);
  }

  get mode(): Mode {
    return this.#current.mode;
  }

  async refresh(): Promise<boolean> {
    const choice = await this.#parts.decide();
    if (choice.mode === this.mode) this.#other = undefined;
    else if (choice.mode !== this.#other?.mode) this.#other = { mode: choice.mode, since: this.#now() };
    if (this.isDue()) await this.#take(choice);
    const isOther = await this.#current.refresh();
    if (!this.#isNew) return isOther;
    this.#isNew = false;
    await this.#parts.changed();
    return true;
  }

  isDue(): boolean {
    return this.#other !== undefined && this.#now() - this.#other.since >= SETTLING_MILLISECONDS;
  }

  renew(): void {
    this.#current.renew();
  }

  withdraw(): void | Promise<void> {
    return this.#current.withdraw();
  }

  close(): Promise<void> {
    return this.#current.close();
  }

  servers(): readonly ServerStatus[] {
    return this.#current.servers();
  }

  because(): readonly string[] {
    return this.#current.because();
  }

  gaps(): readonly Reason[] {
    return this.#current.gaps();
  }

  unanswered(): readonly string[] {
    return this.#current.unanswered();
  }

  /** One ends before the other begins. What rejects is gone on with at the next refresh. */
  async #take(choice: Choice): Promise<void> {
    const { log, make } = this.#parts;
    log.info(
      { from: this.mode, mode: choice.mode, reasons: choice.reasons },
      'The host is another: so are questions taken',
    );
    await this.#current.withdraw();
    await this.#current.close();
    this.#current = make(choice);
    this.#other = undefined;
    this.#isNew = true;
  }
}
