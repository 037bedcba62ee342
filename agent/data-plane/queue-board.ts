/**
 * What the program that chooses queues and the workers tell each other, in an array of the kernel's that both see (eBPF map,
 * mapped into memory): how many packets each queue was given, and up to which of them its worker is done. So a flow changes
 * its queue only when none of its packets is on its way through the old one, and its order is kept.
 */
import { addressOf, libc, mapped } from './libc.ts';

/** From asm/unistd.h and linux/bpf.h. */
const BPF_SYSCALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };
const BPF_MAP_CREATE = 0;
const ATTRIBUTES = { SIZE: 72, TYPE: 0, KEY_SIZE: 4, VALUE_SIZE: 8, ENTRIES: 12, FLAGS: 16 } as const;
const BPF_MAP_TYPE_ARRAY = 2;
const BPF_F_MMAPABLE = 0x400;
const PAGE = 4096;

/** Flows by a hash of their ports, a power of two; those that share a place share a queue. Behind them, the queues. */
export const FLOWS = 4096;
const QUEUES = 63;
/** Behind these, when packets last came in numbers: a word of the monotonic clock, in ticks of 2^20 ns; and how long that counts. */
export const CROWD = FLOWS + QUEUES;
export const TICK_BITS = 20;
export const CROWD_TICKS = 5;
/** Two words for each: of a flow its queue and its last packet there, of a queue what it was given and what is done. */
export const entry = { SIZE: 8, QUEUE: 0, LAST: 4, GIVEN: 0, DONE: 4 } as const;
const OCTETS = Math.ceil(((CROWD + 1) * entry.SIZE) / PAGE) * PAGE;

/** The bpf system call, of these many octets of `union bpf_attr`: what it returns, or -1 where there is none. */
export function bpf(command: number, attributes: Uint8Array): number {
  const number = BPF_SYSCALL[process.arch];
  return number === undefined ? -1 : libc.syscall(number, command, attributes, attributes.length);
}

/** Makes an empty board. Returns its descriptor, or -1 where the kernel does not let us. */
export function createBoard(): number {
  const attributes = new Uint8Array(new ArrayBuffer(ATTRIBUTES.SIZE));
  const view = new DataView(attributes.buffer);
  view.setUint32(ATTRIBUTES.TYPE, BPF_MAP_TYPE_ARRAY, true);
  view.setUint32(ATTRIBUTES.KEY_SIZE, 4, true);
  view.setUint32(ATTRIBUTES.VALUE_SIZE, entry.SIZE, true);
  view.setUint32(ATTRIBUTES.ENTRIES, CROWD + 1, true);
  view.setUint32(ATTRIBUTES.FLAGS, BPF_F_MMAPABLE, true);
  return bpf(BPF_MAP_CREATE, attributes);
}

/** How often clocks are compared. */
const COMPARISONS = 16;

/**
 * What `performance.now` lacks to the clock of the kernel, in milliseconds. Between asking the one and the other a thread may
 * lose its processor, or load code, for longer than a crowd counts: the pair that was closest together tells.
 */
export function clockOffset(
  kernel = () => Number(process.hrtime.bigint()) / 1e6,
  now = () => performance.now(),
): number {
  return Math.max(...Array.from({ length: COMPARISONS }, () => kernel() - now()));
}

/** What one worker reads and writes of a board. */
export class QueueBoard {
  readonly #words: Int32Array;
  readonly #given: number;
  readonly #isMapped: boolean;
  /** How many the queue had been given when it was last empty. */
  #gone = 0;
  readonly #offset = clockOffset();

  /** For the worker of queue number `queue`; without a board (-1) it is alone with what it writes. */
  constructor(board: number, queue: number) {
    const memory = board < 0 ? undefined : mapped(board, OCTETS);
    this.#isMapped = memory !== undefined;
    this.#words = new Int32Array(memory ?? new ArrayBuffer(OCTETS));
    this.#given = ((FLOWS + queue) * entry.SIZE + entry.GIVEN) / 4;
  }

  /** How many packets the queue was given, as a word that wraps around. */
  get given(): number {
    return this.#words[this.#given] as number;
  }

  /** How many of the packets up to that one have come since the queue was empty. What is no TCP or UDP is not counted. */
  waiting(given: number): number {
    return (given - this.#gone) | 0;
  }

  /** Says that all packets up to that one have left the worker, and that no other is there. */
  done(given: number): void {
    this.#words[this.#given + 1] = given;
    this.#gone = this.given;
  }

  /** Says that packets come in numbers at this time of `performance.now`. */
  crowd(now: number): void {
    this.#words[(CROWD * entry.SIZE) / 4] = Math.floor(((now + this.#offset) * 1e6) / 2 ** TICK_BITS);
  }

  /** Gives the memory back: the last call. */
  close(): void {
    if (this.#isMapped) libc.munmap(addressOf(new Uint8Array(this.#words.buffer)), OCTETS);
  }
}
