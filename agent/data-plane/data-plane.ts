/**
 * The data plane as the main thread sees it: starts one worker for each TUN queue, asks whether they are alive, reads
 * their counters, and stops them.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import { createCounters, type DirectionCounters, direction, readCounters } from './counters.ts';
import { preferHugePages } from './huge-pages.ts';
import { failure, flag, libc } from './libc.ts';
import { createRequests, StrangerAnswers } from './stranger-requests.ts';
import { createTraceRing, TraceReader } from './trace-ring.ts';
import type { OpenTun } from './tun-linux.ts';
import { type WorkerNews, type WorkerStart, word, workerState } from './worker-control.ts';

/** What every worker is started with, apart from what is its own. */
export type DataPlaneSettings = Pick<WorkerStart, 'table' | 'spool' | 'self' | 'path' | 'own'>;

/** What the workers tell the main thread. Neither may throw. */
export interface DataPlaneEvents {
  /** Called once with the reason when a worker ends without being told. */
  readonly onLost: (reason: Error) => void;
  /** A packet came from an address without a mapping: by the time this returns there is one, or the packet is dropped. */
  readonly onStranger: (address: Ipv6Address) => void;
}

/** S4: ICMP errors in any second, over all queues. */
const ERRORS_PER_SECOND = 100;
/** Ours: questions about strangers in any second, over all queues. Each costs the main thread some microseconds. */
const QUESTIONS_PER_SECOND = 1000;
/** How long a worker is waited for when it has been told to end. */
const STOP_MILLISECONDS = 3000;

interface RunningWorker {
  readonly thread: Worker;
  readonly control: Int32Array;
  readonly counters: Float64Array;
  readonly trace: TraceReader;
  readonly wakeup: number;
  /** Takes `WorkerNews` there. */
  readonly news: MessagePort;
  readonly strangers: StrangerAnswers;
  /** Resolve when the worker has begun, and when it has ended. */
  readonly running: Promise<void>;
  readonly ended: Promise<void>;
  rounds: number;
}

/** Eight octets, the number 1: what an eventfd is written to count up. */
const one = new Uint8Array(new BigUint64Array([1n]).buffer);

export class DataPlane {
  readonly #workers: RunningWorker[] = [];
  /** Resolves when every worker reads its queue, or has failed. */
  readonly ready: Promise<void>;

  /**
   * Starts the workers on an open device. Throws `Cannot create an eventfd` when there are no descriptors left.
   */
  constructor(tun: OpenTun, settings: DataPlaneSettings, { onLost, onStranger }: DataPlaneEvents) {
    preferHugePages(settings.table);
    const events = { onLost: once(onLost), onStranger };
    const share = 1 / tun.queues.length;
    const takesJoined = tun.offloads.includes('uso4') && tun.offloads.includes('uso6');
    try {
      for (const [index, queue] of tun.queues.entries()) {
        const own = { queue, index, queues: tun.queues.length, board: tun.board, takesJoined };
        this.#workers.push(startWorker(own, share, settings, events));
      }
    } catch (error) {
      this.#tellToEnd();
      throw error;
    }
    this.ready = Promise.all(this.#workers.map(({ running }) => running)).then(() => undefined);
  }

  /**
   * Whether every worker has gone round since the last call; wakes them, so that the next call can tell. The first
   * call says yes; after `stop` the answer is no.
   */
  isAlive(): boolean {
    let alive = this.#workers.length > 0;
    for (const worker of this.#workers) {
      const rounds = Atomics.load(worker.control, word.ROUNDS);
      if (rounds === worker.rounds) alive = false;
      worker.rounds = rounds;
      wake(worker);
    }
    return alive;
  }

  /** Whether strangers may get mappings; not until this says so. */
  admitStrangers(mayGetMappings: boolean): void {
    for (const { strangers } of this.#workers) strangers.open(mayGetMappings);
  }

  /** What all workers together have counted so far. */
  counters(): { fourToSix: DirectionCounters; sixToFour: DirectionCounters } {
    const blocks = this.#workers.map((worker) => worker.counters);
    return {
      fourToSix: readCounters(blocks, direction.FOUR_TO_SIX),
      sixToFour: readCounters(blocks, direction.SIX_TO_FOUR),
    };
  }

  /** Tells every worker what has changed; it is so when they have come round, in some microseconds. */
  tell(news: WorkerNews): void {
    for (const worker of this.#workers) {
      worker.news.postMessage(news);
      wake(worker);
    }
  }

  /** Where the workers leave packets while somebody watches. */
  get traces(): readonly TraceReader[] {
    return this.#workers.map(({ trace }) => trace);
  }

  /**
   * Ends all workers; resolves when they have, and nothing reads the device any more. Rejects after 3 s when one is
   * stuck: then only the end of the process ends it, and `process.exit` would wait for it too.
   */
  async stop(): Promise<void> {
    this.#tellToEnd();
    const workers = this.#workers.splice(0);
    const ended = await Promise.all(workers.map((worker) => within(STOP_MILLISECONDS, worker.ended)));
    const stuck = workers.filter((_, index) => ended[index] === false);
    // A stuck worker keeps its eventfd: it may still read that number when it is somebody else's.
    for (const worker of workers) if (!stuck.includes(worker)) libc.close(worker.wakeup);
    if (stuck.length > 0) {
      for (const { thread } of stuck) thread.unref();
      throw new Error(`Cannot stop ${stuck.length} of ${workers.length} packet workers: no answer`);
    }
  }

  #tellToEnd(): void {
    for (const worker of this.#workers) {
      Atomics.store(worker.control, word.STOP, 1);
      worker.strangers.end();
      wake(worker);
    }
  }
}

/** Starts the worker of one queue, which has this share of everything that is limited for all of them together. */
function startWorker(
  queue: Pick<WorkerStart, 'queue' | 'index' | 'queues' | 'board' | 'takesJoined'>,
  share: number,
  settings: DataPlaneSettings,
  { onLost, onStranger }: DataPlaneEvents,
): RunningWorker {
  const wakeup = libc.eventfd(0, flag.CLOEXEC | flag.NONBLOCK);
  if (wakeup < 0) throw failure('create an eventfd');
  const control = new Int32Array(new SharedArrayBuffer(64));
  const counters = createCounters();
  const ring = createTraceRing();
  const requests = createRequests();
  const { port1: news, port2: newsOfWorker } = new MessageChannel();
  news.unref();
  const start: WorkerStart = {
    ...settings,
    ...queue,
    wakeup,
    news: newsOfWorker,
    requests,
    errorsPerSecond: ERRORS_PER_SECOND * share,
    questionsPerSecond: QUESTIONS_PER_SECOND * share,
    control: control.buffer as SharedArrayBuffer,
    counters: counters.buffer as SharedArrayBuffer,
    trace: ring,
  };
  const thread = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: start,
    transferList: [newsOfWorker],
  });
  const ended = new Promise<void>((resolve) => {
    thread.once('exit', () => {
      const deviceLost = Atomics.load(control, word.STATE) === workerState.DEVICE_LOST;
      if (Atomics.load(control, word.STOP) === 0) {
        onLost(new Error(deviceLost ? 'The TUN device was removed' : 'A packet worker ended'));
      }
      resolve();
    });
  });
  thread.once('error', (error) => onLost(new Error('A packet worker failed', { cause: error })));
  const begun = Atomics.waitAsync(control, word.STATE, workerState.STARTING);
  const running = Promise.race([Promise.resolve(begun.value).then(() => undefined), ended]);
  const strangers = new StrangerAnswers(requests);
  const trace = new TraceReader(ring);
  const worker = { thread, control, counters, trace, wakeup, news, strangers, running, ended, rounds: -1 };
  void strangers.serve(onStranger, () => wake(worker));
  return worker;
}

function wake(worker: RunningWorker): void {
  libc.write(worker.wakeup, one, one.length);
}

/** A function that is called at most once. */
function once(call: (reason: Error) => void): (reason: Error) => void {
  let called = false;
  return (reason) => {
    if (called) return;
    called = true;
    call(reason);
  };
}

/** Whether `promise` resolves within so many milliseconds. */
async function within(milliseconds: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
