/**
 * How a packet worker asks the main thread for mappings of strangers (RFC 2767 §2.3, M7): a ring of addresses in shared
 * memory. The worker never waits for an answer, and the main thread hears of a question without looking for one.
 */
import { type Ipv6Address, ipv6 } from '../../mapper/address/ipv6.ts';

/** Questions that may be without an answer at once. */
export const MOST_QUESTIONS = 64;

/** Words in front of the ring: counts of questions, which go round at 2^32, and whether any may be asked. */
const word = { ASKED: 0, ANSWERED: 1, OPEN: 2 } as const;
const FIRST = 4;
const WORDS_PER_ADDRESS = 4;

/** Memory for the questions of one worker; none may be asked yet. */
export function createRequests(): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST + MOST_QUESTIONS * WORDS_PER_ADDRESS) * Int32Array.BYTES_PER_ELEMENT);
}

/** The worker's end. A question has a number, and is answered when `answered` has come to it. */
export class StrangerQuestions {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Whether strangers are to be asked about at all. */
  get isOpen(): boolean {
    return Atomics.load(this.#words, word.OPEN) === 1;
  }

  /** How many were answered, in the order in which they were asked. */
  get answered(): number {
    return Atomics.load(this.#words, word.ANSWERED);
  }

  /** Asks, and returns the question's number. There must be room: fewer than `MOST_QUESTIONS` unanswered. */
  ask(address: Ipv6Address): number {
    const number = (Atomics.load(this.#words, word.ASKED) + 1) | 0;
    const at = place(number);
    this.#words[at] = address.w0;
    this.#words[at + 1] = address.w1;
    this.#words[at + 2] = address.w2;
    this.#words[at + 3] = address.w3;
    Atomics.store(this.#words, word.ASKED, number);
    Atomics.notify(this.#words, word.ASKED);
    return number;
  }

  /** Whether a question that was asked less than `MOST_QUESTIONS` questions ago was about this address. */
  isAbout(number: number, address: Ipv6Address): boolean {
    const at = place(number);
    return (
      this.#words[at] === address.w0 &&
      this.#words[at + 1] === address.w1 &&
      this.#words[at + 2] === address.w2 &&
      this.#words[at + 3] === address.w3
    );
  }
}

/** The main thread's end. */
export class StrangerAnswers {
  readonly #words: Int32Array;
  #isEnded = false;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Lets the worker ask, or not any more. */
  open(isOpen: boolean): void {
    Atomics.store(this.#words, word.OPEN, isOpen ? 1 : 0);
  }

  /**
   * Calls `answer` for every question until `end`, and `answered` behind all that were there. Neither may throw. Does
   * not keep the process alive.
   */
  async serve(answer: (address: Ipv6Address) => void, answered: () => void): Promise<void> {
    const words = this.#words;
    while (!this.#isEnded) {
      const done = Atomics.load(words, word.ANSWERED);
      const waiting = Atomics.waitAsync(words, word.ASKED, done);
      if (waiting.async) await waiting.value;
      if (this.#isEnded) return;
      const asked = Atomics.load(words, word.ASKED);
      for (let number = done; number !== asked; ) {
        number = (number + 1) | 0;
        const at = place(number);
        answer(ipv6(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0));
      }
      if (asked === done) continue;
      Atomics.store(words, word.ANSWERED, asked);
      answered();
    }
  }

  end(): void {
    this.#isEnded = true;
    Atomics.notify(this.#words, word.ASKED);
  }
}

/** Where the address of a question stands. */
function place(number: number): number {
  return FIRST + (number & (MOST_QUESTIONS - 1)) * WORDS_PER_ADDRESS;
}
