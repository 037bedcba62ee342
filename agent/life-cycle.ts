/**
 * The life of the agent: one state machine. Changes of state happen one after the other; a start that is no longer wanted
 * is given up at once, whatever it was doing.
 *
 *              up                      started
 *     down ──────────► starting ───────────────────► up / degraded
 *     ▲ ▲ ▲              │  ▲                               │
 *     │ │ └──────────────┘  │ after a pause                 │
 *     │ │  failed, or       │                               │ down, or the data path was lost
 *     │ │  given up         │ it was lost, at most          │
 *     │ │                   │ ten times in a row            │
 *     │ └──────────────── stopping ◄────────────────────────┘
 *     └── down, or lost too often
 *
 * A data path that was lost is withdrawn whole, so that names answer natively again, and started anew from the kept
 * mappings: the same addresses stand for the same peers. What cannot be withdrawn goes with the process only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bump, BumpRun } from './bump.ts';
import type { AgentState, Reason } from './control/agent.ts';
import type { Log } from './log.ts';
import { Restarts } from './restarts.ts';

export interface LifeCycleParts {
  /** Starts a bump. Rejects, with everything undone, when that fails or `signal` is aborted. */
  readonly start: (run: BumpRun) => Promise<Bump>;
  readonly log: Log;
  /** The data path was lost, and not all of it could be undone: asks the process to end, which undoes it. */
  readonly onBroken: () => void;
  /** Waits for so many milliseconds, or until `signal` is aborted. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** `degraded` is no state of the machine: it is `up`, with reasons. */
type LastingState = Exclude<AgentState, 'degraded'>;

/** One time of being up that somebody wanted, from the call of `up` until it is not wanted any more. */
interface Run {
  /** Aborted with the `Reason` why it is given up. */
  readonly giving: AbortController;
  readonly restarts: Restarts;
  /** Calls of `up` that wait for it; when the last is out of time, it is given up. */
  waiting: number;
  /** Resolves when it is up, or has failed. */
  started: Promise<void>;
}

/** An error with its causes, in one line for people. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}

export class LifeCycle {
  readonly #parts: LifeCycleParts;
  #state: LastingState = 'down';
  #since = new Date();
  /** Why the last `up` did not hold. */
  #failure: readonly Reason[] = [];
  #bump: Bump | undefined;
  /** What is aborted when that bump's data path is lost. */
  #losing: AbortController | undefined;
  /** What is wanted, be it up yet or not. */
  #run: Run | undefined;
  /** The change of state that is under way; the next one waits for it. */
  #changing: Promise<void> = Promise.resolve();

  constructor(parts: LifeCycleParts) {
    this.#parts = parts;
  }

  /** The bump that is up. */
  get bump(): Bump | undefined {
    return this.#state === 'up' ? this.#bump : undefined;
  }

  get state(): AgentState {
    return this.bump !== undefined && this.bump.reasons.length > 0 ? 'degraded' : this.#state;
  }

  /** When the state was entered. */
  get since(): Date {
    return this.#since;
  }

  /** Why it is not wholly up, or not up. */
  get reasons(): readonly Reason[] {
    return this.bump?.reasons ?? this.#failure;
  }

  /** Resolves when it is up, or has failed, or is out of time; see `Agent.up`. */
  async up(timeoutMs: number): Promise<void> {
    const run = this.#run ?? this.#begin();
    run.waiting++;
    const isStarted = await within(timeoutMs, run.started);
    run.waiting--;
    if (!isStarted && run.waiting === 0) {
      const text = `It did not come up within ${timeoutMs / 1000} s.`;
      await this.#giveUp(run, { code: 'timeout', text });
    }
  }

  /** Resolves when it is down, or out of time; see `Agent.down`. */
  async down(timeoutMs: number): Promise<void> {
    const why = { code: 'interrupted', text: 'It was told to go down before it was up.' };
    const ended = this.#run === undefined ? this.#changing : this.#giveUp(this.#run, why, []);
    await within(timeoutMs, ended);
  }

  #begin(): Run {
    const run: Run = {
      giving: new AbortController(),
      restarts: new Restarts(),
      waiting: 0,
      started: Promise.resolve(),
    };
    this.#run = run;
    run.started = this.#change(async () => {
      this.#failure = [];
      const failure = await this.#start(run);
      if (failure !== undefined) this.#fail(run, failure);
    });
    return run;
  }

  /** Ends a run; `why` is told if it was not up yet, `afterwards` if it was. */
  #giveUp(run: Run, why: Reason, afterwards: readonly Reason[] = [why]): Promise<void> {
    if (this.#run !== run) return this.#changing;
    this.#run = undefined;
    run.giving.abort(why);
    return this.#change(() => this.#end(afterwards));
  }

  /** Makes a change of state when those before it are made. Never rejects. */
  #change(change: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(change);
    return this.#changing;
  }

  #enter(state: LastingState): void {
    this.#state = state;
    this.#since = new Date();
  }

  /** Starts a bump for a run. Returns why not; `undefined` when it is up. */
  async #start(run: Run): Promise<Reason | undefined> {
    const { log } = this.#parts;
    const losing = new AbortController();
    const signal = AbortSignal.any([run.giving.signal, losing.signal]);
    try {
      signal.throwIfAborted();
      this.#enter('starting');
      this.#bump = await this.#parts.start({ signal, onLost: (reason) => this.#lost(run, losing, reason) });
      this.#losing = losing;
      this.#enter('up');
      this.#failure = [];
      run.restarts.up();
      const { state, reasons } = this;
      for (const { code, text } of reasons) log.warn({ code }, text);
      log.info({ state }, 'Up');
      return undefined;
    } catch (error) {
      const reason = signal.aborted ? (signal.reason as Reason) : { code: 'failed', text: explain(error) };
      log.error(signal.aborted ? { reasons: [reason] } : { err: error }, 'Cannot come up');
      return reason;
    }
  }

  /** A run is over, and nothing is left of it. */
  #fail(run: Run, ...reasons: readonly Reason[]): void {
    if (this.#run === run) this.#run = undefined;
    this.#failure = reasons;
    this.#enter('down');
  }

  async #end(reasons: readonly Reason[]): Promise<void> {
    if (this.#bump === undefined) return;
    const failures = await this.#stop(this.#bump);
    this.#failure = [...reasons, ...failures];
    this.#enter('down');
    this.#parts.log.info('Down');
  }

  /** Undoes everything; returns what could not be undone. */
  async #stop(bump: Bump): Promise<Reason[]> {
    this.#enter('stopping');
    const failures = await bump.stop();
    for (const error of failures) this.#parts.log.error({ err: error }, error.message);
    this.#bump = undefined;
    return failures.map((error) => ({ code: 'not-undone', text: `${explain(error)}.` }));
  }

  /** The data path ended by itself. Told again of the same one, it does nothing. */
  #lost(run: Run, losing: AbortController, error: Error): void {
    if (losing.signal.aborted || this.#run !== run) return;
    this.#parts.log.error({ err: error }, 'The data path was lost');
    const reason = { code: 'lost', text: `${explain(error)}.` };
    losing.abort(reason);
    run.started = this.#change(async () => {
      // One that was still starting has failed, and whoever began it goes on; or it was given up meanwhile.
      if (this.#run === run && this.#losing === losing) await this.#recover(run, reason);
    });
  }

  /** Withdraws what is left of a data path, and starts again until it is up, was tried too often or is not wanted. */
  async #recover(run: Run, lost: Reason): Promise<void> {
    const { log, onBroken, pause = pauseFor } = this.#parts;
    if (this.#bump === undefined) return;
    const failures = await this.#stop(this.#bump);
    if (failures.length > 0) {
      this.#fail(run, lost, ...failures);
      onBroken();
      return;
    }
    const { signal } = run.giving;
    for (let reason: Reason | undefined = lost; reason !== undefined; ) {
      const restart = run.restarts.next();
      if (restart === undefined || signal.aborted) {
        if (restart === undefined) log.warn({ reason }, 'The data path was lost too often: it is not started again');
        return this.#fail(run, signal.aborted ? (signal.reason as Reason) : reason);
      }
      const { number, of, pauseMilliseconds } = restart;
      log.warn({ number, of, pauseMilliseconds }, 'It is started again');
      this.#failure = [
        { code: 'recovering', text: `${reason.text} It is started again, for time ${number} of ${of}.` },
      ];
      this.#enter('starting');
      await pause(pauseMilliseconds, signal);
      reason = await this.#start(run);
    }
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

/** Waits for a promise, at most so long. Returns whether it was settled in time. */
async function within(timeoutMs: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const isSettled = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return isSettled;
}
