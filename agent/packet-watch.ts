/** Watching packets (`bis trace`): turns the workers' rings on while somebody watches, and gives everybody everything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { verdicts } from '../translator/verdict.ts';
import type { TraceEvent, TraceOffload } from './control/agent.ts';
import { direction } from './data-plane/counters.ts';
import type { TracedPacket, TraceReader } from './data-plane/trace-ring.ts';

/** How often the rings are emptied, and how many packets of each at once. */
const LOOK_MILLISECONDS = 50;
const MOST_AT_ONCE = 5000;
/** What is kept for a watcher that is slow; over it, packets are counted and lost. */
const MOST_WAITING = 10_000;

interface Watcher {
  waiting: TraceEvent[];
  lost: number;
}

export class PacketWatch {
  readonly #traces: () => readonly TraceReader[];
  readonly #watchers = new Set<Watcher>();
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(traces: () => readonly TraceReader[]) {
    this.#traces = traces;
  }

  /** Packets as they are handled, in batches, from now until `signal` is aborted or the watch ends. */
  async *packets(signal: AbortSignal): AsyncGenerator<readonly TraceEvent[]> {
    const watcher: Watcher = { waiting: [], lost: 0 };
    this.#add(watcher);
    try {
      while (!signal.aborted && !this.#hasEnded) {
        await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
        const events = watcher.waiting;
        watcher.waiting = [];
        if (watcher.lost > 0) events.push({ lost: watcher.lost });
        watcher.lost = 0;
        if (events.length > 0) yield events;
      }
    } finally {
      this.#remove(watcher);
    }
  }

  /** Ends every watch; the rings must not be read any more. */
  end(): void {
    this.#hasEnded = true;
    for (const watcher of this.#watchers) this.#remove(watcher);
  }

  #add(watcher: Watcher): void {
    this.#watchers.add(watcher);
    if (this.#timer !== undefined || this.#hasEnded) return;
    for (const trace of this.#traces()) trace.turn(true);
    this.#timer = setInterval(() => this.#look(), LOOK_MILLISECONDS);
  }

  #remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const trace of this.#traces()) trace.turn(false);
  }

  #look(): void {
    for (const trace of this.#traces()) {
      const events = trace.take(MOST_AT_ONCE).map(eventOf);
      const lost = trace.takeLost();
      for (const watcher of this.#watchers) {
        const room = Math.max(0, MOST_WAITING - watcher.waiting.length);
        watcher.waiting.push(...events.slice(0, room));
        watcher.lost += lost + Math.max(0, events.length - room);
      }
    }
  }
}

function eventOf({ time, way, verdict, packet, offload, sent, sentOffload }: TracedPacket): TraceEvent {
  return {
    time,
    to: way === direction.FOUR_TO_SIX ? 'IPv6' : 'IPv4',
    verdict: verdicts[verdict] ?? 'unknown',
    packet: Buffer.from(packet).toString('base64'),
    offload: plain(offload),
    sent: sent.map((octets) => Buffer.from(octets).toString('base64')),
    sentOffload: plain(sentOffload),
  };
}

/** Nothing where there is no work left to do, as with most packets of a real network. */
function plain(offload: TraceOffload): TraceOffload | null {
  return offload.needsChecksum || offload.gsoType !== 0 ? { ...offload } : null;
}
