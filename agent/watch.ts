/**
 * The watch over a running bump: renews the caught questions while packets are handled (S14), follows the network (S7)
 * and other firewalls (S15), and knows why the agent is less than wholly up.
 */
import type { Resolver } from '../resolver/resolver.ts';
import { upstreamName } from '../resolver/upstream/upstream.ts';
import type { Reason } from './control/agent.ts';
import { everySoOften } from './every-so-often.ts';
import type { ForeignFirewalls } from './foreign-firewalls.ts';
import type { Ipv6Leg, LegSurroundings } from './ipv6-leg.ts';
import type { Log } from './log.ts';
import type { Changes, NetworkChanges } from './network/changes.ts';
import type { Surroundings } from './network/surroundings.ts';
import { TimeJumps } from './network/time-jumps.ts';
import type { Questions } from './questions/questions.ts';
import { degradedReasons } from './reasons.ts';
import type { Repairs } from './repairs.ts';
import type { SpoolRanges } from './spool-ranges.ts';

/** How often caught questions are renewed. */
const RENEW_MILLISECONDS = 2000;
/** A worker that has not answered so many times in a row, 10 s, is stuck. */
const MOST_SILENCES = 5;
/** How often is looked for changes that nobody tells of, and for what the kernel has announced: two looks are a second (S6, S7, D9). */
const LOOK_MILLISECONDS = 500;
/** What could not be followed is tried again after so many looks. */
const LOOKS_BEFORE_RETRY = 10;

export interface WatchParts {
  readonly log: Log;
  readonly changes: Pick<NetworkChanges, 'listen' | 'look'>;
  readonly surroundings: Pick<Surroundings, 'renew' | 'isLoopbackUp' | 'takenIpv4'> & LegSurroundings;
  readonly ranges: Pick<SpoolRanges, 'follow' | 'tend' | 'reasons'>;
  /** The spool may have moved. */
  readonly moved: () => void;
  readonly leg: Pick<Ipv6Leg, 'follow' | 'isForwardingEnded' | 'mendGuard' | 'uplinks' | 'straying' | 'isExposed'>;
  readonly firewalls: Pick<ForeignFirewalls, 'look' | 'blocking'>;
  readonly repairs: Pick<Repairs, 'givenUp'>;
  readonly questions: Pick<Questions, 'mode' | 'refresh' | 'isDue' | 'renew' | 'servers' | 'unanswered' | 'gaps'>;
  /** Answers that were kept belong to the network they were given in (E16). */
  readonly resolver: Pick<Resolver, 'flush' | 'reset' | 'loops' | 'servers'>;
  readonly jumps?: Pick<TimeJumps, 'jumped'>;
  /** Whether packets are handled. */
  readonly isAlive: () => boolean;
  /** They have not been for some seconds, and will not be. */
  readonly onStuck: (reason: Error) => void;
}

const NOTHING: Changes = { network: false, names: false, firewall: false };

export class Watch {
  readonly #parts: WatchParts;
  readonly #jumps: Pick<TimeJumps, 'jumped'>;
  readonly #ending = new AbortController();
  #ends: readonly (() => void)[] = [];
  #isAlive = true;
  #silences = 0;
  #problem: string | undefined;
  /** What is still to be followed, the round that follows it, and how many looks until one that failed is repeated. */
  #due = NOTHING;
  #round: Promise<void> | undefined;
  #looksLeft = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#jumps = parts.jumps ?? new TimeJumps();
  }

  /** Looks at the firewalls once, then watches until `end`. Rejects when `nft` cannot be run. */
  async begin(): Promise<void> {
    await this.#parts.firewalls.look(this.#parts.leg);
    this.#parts.changes.listen(() => this.#look());
    this.#ends = [
      everySoOften(RENEW_MILLISECONDS, () => this.#renew()),
      everySoOften(LOOK_MILLISECONDS, () => this.#look()),
    ];
  }

  /** Ends watching; resolves when nothing is being followed any more. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#parts.changes.listen(() => {});
    for (const end of this.#ends) end();
    await this.#round;
  }

  /** Why the agent is less than wholly up; none when it is. */
  get reasons(): readonly Reason[] {
    const { firewalls, leg, questions, ranges, repairs, surroundings } = this.#parts;
    const reasons = degradedReasons({
      uplinks: leg.uplinks,
      servers: questions.servers(),
      unanswered: questions.unanswered(),
      loops: this.#loops(),
      gaps: questions.gaps(),
      mode: questions.mode,
      isLoopbackUp: surroundings.isLoopbackUp,
      blocking: firewalls.blocking,
      givenUp: repairs.givenUp,
      isAlive: this.#isAlive,
      problem: this.#problem,
    });
    return [...reasons, ...leg.straying, ...ranges.reasons];
  }

  /** Those of the servers that lead back to us; others did, and are not asked any more. */
  #loops(): string[] {
    const { resolver } = this.#parts;
    const asked = new Set(resolver.servers.upstreams.map(upstreamName));
    return resolver.loops.map(upstreamName).filter((name) => asked.has(name));
  }

  #renew(): void {
    const { isAlive, log, onStuck, questions } = this.#parts;
    const wasAlive = this.#isAlive;
    this.#isAlive = isAlive();
    if (wasAlive && !this.#isAlive)
      log.warn('A packet worker does not answer: questions go their native way until it does');
    this.#silences = this.#isAlive ? 0 : this.#silences + 1;
    if (this.#silences === MOST_SILENCES) onStuck(new Error('A packet worker has not answered for 10 s'));
    if (!this.#isAlive) return;
    try {
      questions.renew();
    } catch (error) {
      log.error({ err: error }, 'Cannot renew the caught questions');
    }
  }

  #look(): void {
    const { changes, leg, questions, ranges } = this.#parts;
    const heard = changes.look();
    const hasJumped = this.#jumps.jumped();
    if (hasJumped) {
      this.#parts.log.info('Time has passed unseen, as in sleep: servers are asked anew');
      this.#parts.resolver.reset();
    }
    // While a round is under way it is being mended.
    const network = heard.network || hasJumped || (this.#round === undefined && leg.isForwardingEnded);
    const isRetry = this.#problem !== undefined && --this.#looksLeft <= 0;
    const isTime = this.#problem === undefined && questions.isDue?.() === true;
    this.#due = {
      network: this.#due.network || network || isRetry || ranges.tend(),
      names: this.#due.names || heard.names || isTime,
      firewall: this.#due.firewall || heard.firewall,
    };
    this.#followDue();
  }

  /** One round after the other, until nothing is due. */
  #followDue(): void {
    const due = this.#due;
    if (this.#round !== undefined || this.#ending.signal.aborted) return;
    if (!due.network && !due.names && !due.firewall) return;
    this.#due = NOTHING;
    // What could not be followed may be anything.
    const isWhole = due.network || this.#problem !== undefined;
    this.#round = this.#follow(isWhole ? { ...due, network: true } : due).finally(() => {
      this.#round = undefined;
      this.#followDue();
    });
  }

  /** Follows what has changed; a failure is a reason until a later round succeeds. Never rejects. */
  async #follow(due: Changes): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#ending;
    try {
      if (due.network || due.names) this.#parts.resolver.flush();
      if (due.network) await this.#followNetwork();
      if (due.network || due.names) await this.#followNames();
      if (due.network || due.firewall) await this.#followFirewall();
      this.#problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) log.error({ err: error }, 'Cannot follow a change of the network');
      this.#problem = problem;
      this.#looksLeft = LOOKS_BEFORE_RETRY;
    }
  }

  async #followNetwork(): Promise<void> {
    const { leg, ranges, surroundings } = this.#parts;
    const { signal } = this.#ending;
    await surroundings.renew();
    signal.throwIfAborted();
    ranges.follow(surroundings.takenIpv4);
    await leg.follow(surroundings);
    this.#parts.moved();
    signal.throwIfAborted();
  }

  async #followNames(): Promise<void> {
    const { questions, resolver } = this.#parts;
    if (await questions.refresh()) resolver.reset();
    this.#ending.signal.throwIfAborted();
  }

  async #followFirewall(): Promise<void> {
    const { firewalls, leg } = this.#parts;
    await leg.mendGuard();
    await firewalls.look(leg);
  }
}
