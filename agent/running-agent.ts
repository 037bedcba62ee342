/**
 * The agent behind the control socket: one state machine. Changes of state happen one after the other; a start that is
 * no longer wanted is given up at once, whatever it was doing.
 *
 *              up                      started
 *     down ──────────► starting ───────────────────► up / degraded
 *      ▲ ▲                │ failed, or given up           │
 *      │ └────────────────┘                               │ down, or the data path was lost
 *      └───────────────── stopping ◄──────────────────────┘
 */
import type { Ipv4Prefix } from '../mapper/address/prefix.ts';
import type { ExplicitEntry } from '../mapper/explicit-entry.ts';
import type { Bump, BumpRun } from './bump.ts';
import type { Ports } from './config/ports.ts';
import type {
  AddressExplanation,
  Agent,
  AgentState,
  ExplicitRow,
  FlushResult,
  MappingRow,
  NameExplanation,
  QuestionText,
  Reason,
  Resolution,
  Status,
  TraceEvent,
} from './control/agent.ts';
import type { ExplicitMappings } from './explicit/explicit-mappings.ts';
import { explainAddress, explainName, type InquiryParts, readQuestionText, resolve } from './inquiry.ts';
import type { Log } from './log.ts';
import type { Exposed } from './recipient/exposed.ts';
import { statusOf } from './status.ts';

export interface RunningAgentParts {
  /** What peers may reach; a bump that is up follows it. */
  readonly exposed: Exposed;
  /** Fixed pairs; a bump that is up follows them. */
  readonly explicit: ExplicitMappings;
  /** Starts a bump. Rejects, with everything undone, when that fails or `signal` is aborted. */
  readonly start: (run: BumpRun) => Promise<Bump>;
  readonly log: Log;
  /** Asks the process to end in order. */
  readonly onStop: () => void;
}

/** `degraded` is no state of the machine: it is `up`, with reasons. */
type LastingState = Exclude<AgentState, 'degraded'>;

/** One time of being up that somebody wanted, from the call of `up` until it is not wanted any more. */
interface Run {
  /** Aborted with the `Reason` why it is given up. */
  readonly giving: AbortController;
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

export class RunningAgent implements Agent {
  readonly #parts: RunningAgentParts;
  #state: LastingState = 'down';
  #since = new Date();
  /** Why the last `up` did not hold. */
  #failure: readonly Reason[] = [];
  #bump: Bump | undefined;
  /** What is wanted, be it up yet or not. */
  #run: Run | undefined;
  /** The change of state that is under way; the next one waits for it. */
  #changing: Promise<void> = Promise.resolve();

  constructor(parts: RunningAgentParts) {
    this.#parts = parts;
  }

  status(): Status {
    const bump = this.#state === 'up' ? this.#bump : undefined;
    const reasons = bump?.reasons ?? this.#failure;
    const state: AgentState = bump !== undefined && reasons.length > 0 ? 'degraded' : this.#state;
    return statusOf(state, reasons, this.#since, this.#parts.exposed.list, bump?.status());
  }

  mappings(): readonly MappingRow[] {
    return this.#state === 'up' && this.#bump !== undefined ? this.#bump.mappings() : [];
  }

  async *trace(signal: AbortSignal): AsyncGenerator<readonly TraceEvent[]> {
    if (this.#state === 'up' && this.#bump !== undefined) yield* this.#bump.trace(signal);
  }

  /** As `Agent` says; `starting` when this call is out of time and another one still waits for the same start. */
  async up(timeoutMs: number): Promise<Status> {
    const run = this.#run ?? this.#begin();
    run.waiting++;
    const isStarted = await within(timeoutMs, run.started);
    run.waiting--;
    if (!isStarted && run.waiting === 0) {
      const text = `It did not come up within ${timeoutMs / 1000} s.`;
      await this.#giveUp(run, { code: 'timeout', text });
    }
    return this.status();
  }

  async down(timeoutMs: number): Promise<Status> {
    const why = { code: 'interrupted', text: 'It was told to go down before it was up.' };
    const ended = this.#run === undefined ? this.#changing : this.#giveUp(this.#run, why, []);
    await within(timeoutMs, ended);
    return this.status();
  }

  async resolve(question: QuestionText): Promise<Resolution> {
    return resolve(this.#inquiry(), readQuestionText(question));
  }

  async explain(question: QuestionText): Promise<NameExplanation | AddressExplanation> {
    const inquiry = this.#inquiry();
    return explainAddress(inquiry, question.name) ?? explainName(inquiry, readQuestionText(question));
  }

  #inquiry(): InquiryParts {
    if (this.#state !== 'up' || this.#bump === undefined) throw new Error('It is not up: no question is answered.');
    return this.#bump.inquiry;
  }

  expose(ports: readonly Ports[]): Status {
    this.#parts.exposed.expose(ports);
    return this.status();
  }

  unexpose(ports: readonly Ports[]): Status {
    this.#parts.exposed.unexpose(ports);
    return this.status();
  }

  explicit(): readonly ExplicitRow[] {
    return this.#parts.explicit.list;
  }

  map(entry: ExplicitEntry, isForced: boolean): readonly ExplicitRow[] {
    this.#parts.explicit.add(entry, isForced);
    return this.explicit();
  }

  unmap(ipv4: Ipv4Prefix): readonly ExplicitRow[] {
    this.#parts.explicit.remove(ipv4);
    return this.explicit();
  }

  async flush(address: string | undefined, isForced: boolean): Promise<FlushResult> {
    if (this.#state !== 'up' || this.#bump === undefined) throw new Error('It is not up: there are no mappings.');
    return this.#bump.flush(address, isForced);
  }

  stop(): void {
    this.#parts.onStop();
  }

  #begin(): Run {
    const run: Run = { giving: new AbortController(), waiting: 0, started: Promise.resolve() };
    this.#run = run;
    run.started = this.#change(() => this.#start(run));
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

  async #start(run: Run): Promise<void> {
    const { log } = this.#parts;
    const { signal } = run.giving;
    try {
      signal.throwIfAborted();
      this.#enter('starting');
      this.#failure = [];
      this.#bump = await this.#parts.start({ signal, onLost: (reason) => this.#lost(run, reason) });
      this.#enter('up');
      const { state, reasons } = this.status();
      for (const { code, text } of reasons) log.warn({ code }, text);
      log.info({ state }, 'Up');
    } catch (error) {
      if (this.#run === run) this.#run = undefined;
      this.#failure = [signal.aborted ? (signal.reason as Reason) : { code: 'failed', text: explain(error) }];
      log.error(signal.aborted ? { reasons: this.#failure } : { err: error }, 'Cannot come up');
      this.#enter('down');
    }
  }

  async #end(reasons: readonly Reason[]): Promise<void> {
    const bump = this.#bump;
    if (bump === undefined) return;
    this.#enter('stopping');
    const failures = await bump.stop();
    for (const error of failures) this.#parts.log.error({ err: error }, error.message);
    this.#bump = undefined;
    this.#failure = [...reasons, ...failures.map((error) => ({ code: 'not-undone', text: `${explain(error)}.` }))];
    this.#enter('down');
    this.#parts.log.info('Down');
  }

  /** The data path ended by itself: names have to answer natively again, so everything goes. */
  #lost(run: Run, reason: Error): void {
    this.#parts.log.error({ err: reason }, 'The data path was lost');
    void this.#giveUp(run, { code: 'lost', text: `${explain(reason)}.` });
  }
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
