/** What the main thread and a packet worker share besides packets: a few words, and what the worker is started with. */
import type { MessagePort } from 'node:worker_threads';
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import type { Ipv6Prefix } from '../../mapper/address/prefix.ts';
import type { ExplicitPair } from '../../mapper/explicit-pair.ts';
import type { PathMtu } from '../../translator/path-mtu.ts';
import type { ErrorSources } from './error-sender.ts';

/** Words of the shared control block. */
export const word = {
  /** Set to 1: the worker ends at its next round. */
  STOP: 0,
  /** Counts rounds, so that a worker that hangs is noticed. */
  ROUNDS: 1,
  /** One of `workerState`. */
  STATE: 2,
} as const;

export const workerState = { STARTING: 0, RUNNING: 1, DEVICE_LOST: 2 } as const;

/** What changes while a worker runs. */
export interface WorkerNews {
  /** The source of our own ICMPv4 errors, and of those of routers without a mapping. */
  readonly errorSource4: Ipv4Address;
  readonly explicit: readonly ExplicitPair[];
}

/** Everything a worker needs; plain data and shared memory, so that it can cross to another thread. */
export interface WorkerStart {
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** Memory of `createTraceRing`. */
  readonly trace: SharedArrayBuffer;
  /** Memory of `createRequests`. */
  readonly requests: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
  readonly queue: number;
  /** Which of how many queues that is, and the board they have, or -1. */
  readonly index: number;
  readonly queues: number;
  readonly board: number;
  /** Whether the kernel takes datagrams that are joined. */
  readonly takesJoined: boolean;
  /** An eventfd that the main thread writes to wake the worker. */
  readonly wakeup: number;
  /** Where `WorkerNews` come in; the worker is woken for them. */
  readonly news: MessagePort;
  /** The memory of the spool. */
  readonly spool: SharedArrayBuffer;
  readonly self: Ipv6Prefix;
  readonly path: PathMtu;
  readonly own: ErrorSources;
  /** The most ICMP errors of this worker in any second. */
  readonly errorsPerSecond: number;
  /** The most questions about strangers of this worker in any second. */
  readonly questionsPerSecond: number;
}
