/**
 * Which processor a worker runs on. Packets come from the processor of its queue (`steering.ts`). While they come one by
 * one it stays there: who sends a question sleeps until the answer comes, and makes room. When they come in numbers the
 * sender needs its processor for the next, and the worker goes wherever the scheduler finds room.
 */
import { libc } from './libc.ts';

/** Octets of `cpu_set_t`. */
const SIZE = 128;
/** What is one by one: so many packets at once, there and back, and so many octets each. */
const FEW_PACKETS = 2;
const FEW_OCTETS = 4096;
/** Times in a row that it has to be so before the worker comes back. */
const LONG_ENOUGH = 16;

export class Post {
  readonly #own: Uint8Array;
  readonly #all = new Uint8Array(new ArrayBuffer(SIZE));
  #times = 0;
  #isKept = false;

  /** For the thread that calls, which serves queue number `queue` of so many. It begins at its post. */
  constructor(queue: number, queues: number) {
    this.#own = ownProcessors(queue, queues);
    libc.sched_getaffinity(0, SIZE, this.#all);
    this.#stay();
  }

  /** Whether the worker stays on the processors of its queue; never where none of them may be used. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /**
   * Says how many packets waited for the worker, and how many of how many octets it then handled until none was there.
   * Returns whether they come in numbers. Many that did not wait say nothing: the programs may have had their turns on this very
   * processor in between, one question and one answer at a time.
   */
  handled(waiting: number, packets: number, octets: number): boolean {
    if (waiting > FEW_PACKETS || octets > FEW_OCTETS * packets) {
      this.#times = 0;
      if (this.#isKept) this.#leave();
      return true;
    }
    if (!this.#isKept && packets <= FEW_PACKETS && ++this.#times === LONG_ENOUGH) this.#stay();
    return false;
  }

  #stay(): void {
    this.#isKept = libc.sched_setaffinity(0, SIZE, this.#own) === 0;
  }

  #leave(): void {
    libc.sched_setaffinity(0, SIZE, this.#all);
    this.#isKept = false;
  }
}

/** The processors whose packets are put into a queue, every `queues`th, as a set of bits. */
export function ownProcessors(queue: number, queues: number): Uint8Array {
  const set = new Uint8Array(new ArrayBuffer(SIZE));
  for (let number = queue; number < 8 * SIZE; number += queues) {
    set[number >> 3] = (set[number >> 3] as number) | (1 << (number & 7));
  }
  return set;
}
