/**
 * The data plane as the main thread sees it: starts one worker for each TUN queue, asks whether they are alive, reads
 * their counters, and stops them.
 */
import { Worker } from 'node:worker_threads';
import { createCounters, type DirectionCounters, direction, readCounters } from './counters.ts';
import { failure, flag, libc } from './libc.ts';
import type { OpenTun } from './tun-linux.ts';
import { type WorkerStart, word, workerState } from './worker-control.ts';

/** What every worker is started with, apart from what is its own. */
export type DataPlaneSettings = Omit<WorkerStart, 'control' | 'counters' | 'queue' | 'wakeup'>;

interface RunningWorker {
  readonly thread: Worker;
  readonly control: Int32Array;
  readonly counters: Float64Array;
  readonly wakeup: number;
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

  /** Starts the workers on an open device. `onLost` is called once with the reason when one ends without being told. */
  constructor(tun: OpenTun, settings: DataPlaneSettings, onLost: (reason: Error) => void) {
    let told = false;
    const lost = (reason: Error): void => {
      if (told) return;
      told = true;
      onLost(reason);
    };
    for (const queue of tun.queues) this.#workers.push(startWorker(queue, settings, lost));
    this.ready = Promise.all(this.#workers.map(({ running }) => running)).then(() => undefined);
  }

  /**
   * Whether every worker has gone round since the last call; wakes them, so that the next call can tell. The first
   * call says yes.
   */
  isAlive(): boolean {
    let alive = true;
    for (const worker of this.#workers) {
      const rounds = Atomics.load(worker.control, word.ROUNDS);
      if (rounds === worker.rounds) alive = false;
      worker.rounds = rounds;
      wake(worker);
    }
    return alive;
  }

  counters(): { fourToSix: DirectionCounters; sixToFour: DirectionCounters } {
    const blocks = this.#workers.map((worker) => worker.counters);
    return {
      fourToSix: readCounters(blocks, direction.FOUR_TO_SIX),
      sixToFour: readCounters(blocks, direction.SIX_TO_FOUR),
    };
  }

  /** Ends all workers; resolves when they have. Nothing reads the device afterwards. */
  async stop(): Promise<void> {
    for (const worker of this.#workers) {
      Atomics.store(worker.control, word.STOP, 1);
      wake(worker);
    }
    await Promise.all(this.#workers.map((worker) => worker.ended));
    for (const worker of this.#workers.splice(0)) libc.close(worker.wakeup);
  }
}

function startWorker(queue: number, settings: DataPlaneSettings, onLost: (reason: Error) => void): RunningWorker {
  const wakeup = libc.eventfd(0, flag.CLOEXEC | flag.NONBLOCK);
  if (wakeup < 0) throw failure('create an eventfd');
  const control = new Int32Array(new SharedArrayBuffer(64));
  const counters = createCounters();
  const start: WorkerStart = {
    ...settings,
    queue,
    wakeup,
    control: control.buffer as SharedArrayBuffer,
    counters: counters.buffer as SharedArrayBuffer,
  };
  const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start });
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
  return { thread, control, counters, wakeup, running, ended, rounds: -1 };
}

function wake(worker: RunningWorker): void {
  libc.write(worker.wakeup, one, one.length);
}
