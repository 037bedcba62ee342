/**
 * A packet worker: a thread that blocks in `poll` on its TUN queue and an eventfd, and does nothing else. It never
 * waits for the main thread and says nothing; the main thread reads its counters.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AddressMapList } from '../../mapper/address-map.ts';
import { LiveExplicitMap } from '../../mapper/live-explicit-map.ts';
import { SelfMap } from '../../mapper/self-map.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';
import { libc } from './libc.ts';
import { Post } from './post.ts';
import { Pump } from './pump.ts';
import { QueueBoard } from './queue-board.ts';
import { createRequests, StrangerQuestions } from './stranger-requests.ts';
import { Strangers } from './strangers.ts';
import { createTraceRing, TraceWriter } from './trace-ring.ts';
import { JoiningTun } from './tun-joining.ts';
import { LinuxTunQueue } from './tun-linux.ts';
import { Vigil } from './vigil.ts';
import { type PumpScene, warmUp } from './warm-up.ts';
import { type WorkerNews, type WorkerStart, word, workerState } from './worker-control.ts';

/**
 * Longest sleep, in milliseconds: a bound on how long a stop, which may take 3 s, can go unnoticed should its wakeup be lost.
 * Longer than the 2 s after which the main thread wakes whom it wants to know alive, so that nobody is woken for nothing.
 */
const POLL_MILLISECONDS = 2500;
/** Packets in a row before the stop flag is looked at again. */
const DRAIN_LIMIT = 256;
/** Times in a row that looking may find packets before the eventfd is looked at again. */
const MOST_FOUND = 64;

/** `struct pollfd`: descriptor, wanted events, events that came. */
const POLLFD = { SIZE: 8, EVENTS: 4, CAME: 6 } as const;
const event = { IN: 0x01, ERROR: 0x08, HANGUP: 0x10, INVALID: 0x20 } as const;

function run(start: WorkerStart): void {
  const control = new Int32Array(start.control);
  const spool = new Spool(start.spool);
  const table = SharedTable.open(start.table, spool);
  const rehearsal = {
    counters: new Float64Array(start.counters.byteLength / 8),
    trace: createTraceRing(),
    requests: createRequests(),
  };
  warmUp(start, (scene) => createPump(start, { ...scene, ...rehearsal }));
  const { queue, trace, requests } = start;
  const counters = new Float64Array(start.counters);
  const explicit = new LiveExplicitMap();
  const pump = createPump(start, { queue, table, spool, counters, trace, requests }, explicit);
  const fds = new Uint8Array(new ArrayBuffer(128));
  const poll = new DataView(fds.buffer);
  for (const [index, fd] of [start.queue, start.wakeup].entries()) {
    poll.setInt32(index * POLLFD.SIZE, fd, true);
    poll.setInt16(index * POLLFD.SIZE + POLLFD.EVENTS, event.IN, true);
  }
  const wakeups = new Uint8Array(new ArrayBuffer(128));

  Atomics.store(control, word.STATE, workerState.RUNNING);
  Atomics.notify(control, word.STATE);
  const vigil = new Vigil();
  // Packets that the kernel distributes come from anywhere.
  const post = start.board < 0 ? undefined : new Post(start.index, start.queues);
  const board = new QueueBoard(start.board, start.index);
  while (Atomics.load(control, word.STOP) === 0) {
    const asleep = performance.now();
    libc.poll(fds, 2, POLL_MILLISECONDS);
    Atomics.add(control, word.ROUNDS, 1);
    if (poll.getInt16(POLLFD.SIZE + POLLFD.CAME, true) !== 0) {
      libc.read(start.wakeup, wakeups, 8);
      hear(start.news, pump, explicit);
      pump.resume(Date.now());
    }
    const came = poll.getInt16(POLLFD.CAME, true);
    if ((came & (event.ERROR | event.HANGUP | event.INVALID)) !== 0) {
      Atomics.store(control, word.STATE, workerState.DEVICE_LOST);
      break;
    }
    if ((came & event.IN) !== 0) {
      drain(pump, board, post);
      vigil.slept(performance.now() - asleep);
      look(pump, board, post, vigil);
    }
  }
  board.close();
}

/** Handles what is there. Returns how many packets. */
function drain(pump: Pump, board: QueueBoard, post: Post | undefined): number {
  const { given } = board;
  const waiting = board.waiting(given);
  const handled = pump.drain(DRAIN_LIMIT, Date.now());
  if (handled < DRAIN_LIMIT) board.done(given);
  if (handled > 0 && post?.handled(waiting, handled, pump.octets) === true) board.crowd(performance.now());
  return handled;
}

/** Handles what comes until nothing has come for a while, or somebody else may have woken us. */
function look(pump: Pump, board: QueueBoard, post: Post | undefined, vigil: Vigil): void {
  let since = performance.now();
  for (let vain = 0, found = 0; vain < vigil.looks && found < MOST_FOUND; ) {
    if (drain(pump, board, post) > 0) {
      found++;
      vain = 0;
      vigil.found();
      since = performance.now();
    } else {
      vain++;
      if (post?.isKept !== true) continue;
      // Who has been asked, or has the answer, may be waiting for this very processor.
      libc.sched_yield();
      if (vigil.isRobbed(performance.now() - since)) break;
    }
  }
  vigil.looked(performance.now() - since);
}

/** Takes in what has changed. The main thread has checked it: nothing here throws. */
function hear(port: MessagePort, pump: Pump, explicit: LiveExplicitMap): void {
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) return;
    const news = received.message as WorkerNews;
    explicit.replace(news.explicit);
    pump.errorSource4 = news.errorSource4;
  }
}

/** What a pump shares with the main thread, but for one that only warms up. */
interface Outside {
  readonly counters: Float64Array;
  /** Memory of `createTraceRing`. */
  readonly trace: SharedArrayBuffer;
  /** Memory of `createRequests`. */
  readonly requests: SharedArrayBuffer;
}

function createPump(
  { takesJoined, self, path, own, errorsPerSecond, questionsPerSecond }: WorkerStart,
  { queue, table, spool, counters, trace, requests }: PumpScene & Outside,
  explicit = new LiveExplicitMap(),
): Pump {
  const device = new LinuxTunQueue(queue);
  return new Pump({
    device: takesJoined ? new JoiningTun(device, counters) : device,
    table,
    maps: new AddressMapList([explicit, new SelfMap(self, spool), table.reader]),
    explicit,
    spool,
    self,
    path,
    own,
    errorsPerSecond,
    strangers: new Strangers(new StrangerQuestions(requests), questionsPerSecond),
    random: (words) => crypto.getRandomValues(words as Uint16Array<ArrayBuffer>),
    counters,
    trace: new TraceWriter(trace),
  });
}

run(workerData as WorkerStart);
