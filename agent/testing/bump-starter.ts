/** Bumps that do nothing, for tests of what starts and stops them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bump, BumpRun } from '../bump.ts';
import type { Reason } from '../control/agent.ts';
import { ExplicitMappings } from '../explicit/explicit-mappings.ts';
import { Exposed } from '../recipient/exposed.ts';
import { RunningAgent } from '../running-agent.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const upStatus = {
  device: null,
  spool: null,
  self: 'fd00::/96',
  uplinks: [],
  dedicated: [],
  detached: [],
  resolver: null,
  translator: null,
};

/** Starts bumps that do nothing but tell when they start and stop. */
export class Starter {
  readonly told: string[] = [];
  reasons: Reason[] = [];
  failure: Error | undefined;
  /** What could not be undone. */
  failures: Error[] = [];
  /** Milliseconds that starting and stopping take. */
  startMs = 0;
  stopMs = 0;
  run: BumpRun | undefined;
  readonly agent = new RunningAgent({
    exposed: new Exposed({ expose: [], unclaimed: false }),
    explicit: new ExplicitMappings([], silent),
    start: (run) => this.#start(run),
    pause: async (milliseconds) => void this.told.push(`wait ${milliseconds}`),
    log: silent,
    onStop: () => void this.told.push('told to end'),
    onBroken: () => void this.told.push('broken'),
  });

  async #start(run: BumpRun): Promise<Bump> {
    this.run = run;
    this.told.push('start');
    await sleep(this.startMs, undefined, { signal: run.signal }).catch(() => {});
    if (run.signal.aborted) {
      this.told.push('given up');
      throw run.signal.reason;
    }
    if (this.failure !== undefined) throw this.failure;
    const starter = this;
    return {
      get reasons() {
        return starter.reasons;
      },
      status: () => upStatus,
      mappings: () => [],
      flush: async () => ({ removed: 1, spared: 2, unflushed: [] }),
      inquiry: undefined as never,
      async *trace() {},
      stop: async () => {
        await sleep(this.stopMs);
        this.told.push('stop');
        return this.failures;
      },
    };
  }
}

export const codes = ({ reasons }: { reasons: readonly Reason[] }): string[] => reasons.map(({ code }) => code);
