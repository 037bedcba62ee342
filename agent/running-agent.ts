/**
 * The agent behind the control socket: one state machine.
 *
 *              up                      started
 *     down ──────────► starting ───────────────────► up / degraded
 *      ▲ ▲                │ failed, or out of time        │
 *      │ └────────────────┘                               │ down, or the data path was lost
 *      └───────────────── stopping ◄──────────────────────┘
 */
import type { Host } from '../install/host.ts';
import type { Ipv6Prefix } from '../mapper/address/prefix.ts';
import { Bump } from './bump.ts';
import type { Config } from './config/config.ts';
import type { Agent, AgentState, MappingRow, Reason, Status } from './control/agent.ts';
import type { Log } from './log.ts';
import { mappingRows, statusOf } from './status.ts';

export interface RunningAgentParts {
  readonly config: Config;
  readonly ula: Ipv6Prefix;
  readonly host: Host;
  readonly log: Log;
  /** Asks the process to end in order. */
  readonly onStop: () => void;
}

/** `degraded` is no state of the machine: it is `up`, with reasons. */
type LastingState = Exclude<AgentState, 'degraded'>;

/** An error with its causes, in one line for people. */
function explain(error: unknown): string {
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
  /** The change of state that is under way; the next one waits for it. */
  #changing: Promise<void> = Promise.resolve();

  constructor(parts: RunningAgentParts) {
    this.#parts = parts;
  }

  status(): Status {
    const bump = this.#state === 'up' ? this.#bump : undefined;
    const reasons = bump?.reasons ?? this.#failure;
    const state: AgentState = bump !== undefined && reasons.length > 0 ? 'degraded' : this.#state;
    return statusOf({ state, reasons, since: this.#since, bump });
  }

  mappings(): readonly MappingRow[] {
    return this.#state === 'up' && this.#bump !== undefined ? mappingRows(this.#bump) : [];
  }

  async up(timeoutMs: number): Promise<Status> {
    if (this.#state === 'down' || this.#state === 'stopping') this.#change(() => this.#start());
    if (!(await this.#within(timeoutMs))) {
      this.#change(() => this.#end([{ code: 'timeout', text: `It did not come up within ${timeoutMs / 1000} s.` }]));
      await this.#changing;
    }
    return this.status();
  }

  async down(timeoutMs: number): Promise<Status> {
    if (this.#state !== 'down') this.#change(() => this.#end([]));
    await this.#within(timeoutMs);
    return this.status();
  }

  stop(): void {
    this.#parts.onStop();
  }

  #change(change: () => Promise<void>): void {
    this.#changing = this.#changing.then(change);
  }

  /** Waits for the change of state, at most so long. Returns whether it was made. */
  async #within(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const done = await Promise.race([this.#changing.then(() => true), late]);
    clearTimeout(timer);
    return done;
  }

  #enter(state: LastingState): void {
    this.#state = state;
    this.#since = new Date();
  }

  async #start(): Promise<void> {
    if (this.#state !== 'down') return;
    const { config, ula, host, log } = this.#parts;
    this.#enter('starting');
    this.#failure = [];
    try {
      this.#bump = await Bump.start({ config, ula, host, log, onLost: (reason) => this.#lost(reason) });
      this.#enter('up');
      for (const { code, text } of this.#bump.reasons) log.warn({ code }, text);
      log.info({ state: this.status().state }, 'Up');
    } catch (error) {
      log.error({ err: error }, 'Cannot come up');
      this.#failure = [{ code: 'failed', text: explain(error) }];
      this.#enter('down');
    }
  }

  async #end(failure: readonly Reason[]): Promise<void> {
    if (this.#state === 'down') return;
    this.#enter('stopping');
    const failures = (await this.#bump?.stop()) ?? [];
    for (const error of failures) this.#parts.log.error({ err: error }, error.message);
    this.#bump = undefined;
    this.#failure = [...failure, ...failures.map((error) => ({ code: 'not-undone', text: explain(error) }))];
    this.#enter('down');
    this.#parts.log.info('Down');
  }

  /** The data path ended by itself: names have to answer natively again, so everything goes. */
  #lost(reason: Error): void {
    this.#parts.log.error({ err: reason }, 'The data path was lost');
    this.#change(() => this.#end([{ code: 'lost', text: `${explain(reason)}.` }]));
  }
}
