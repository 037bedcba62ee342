/**
 * Whose turn it is (M10): positions by what holds them and by their last use. Where a position stands may be out of date,
 * since packets do not move it: whoever takes it up looks at it anew, and puts it where it belongs.
 *
 *     waiting    ordered by when somebody should look: when the last hold that was known ends
 *     connected  held by TCP only, which ends when the kernel says so
 *     strangers  idle, ordered by last use: recycled first
 *     idle       the same for all others
 */
import { Bag, Heap, type Standing } from './queues.ts';

/** What is known of a position. All times are seconds since 1970. */
export interface Holds {
  /** Until when an answer, or a packet of another protocol than TCP, holds it. */
  heldUntil(position: number): number;
  /** Whether a TCP connection holds it. */
  isConnected(position: number, now: number): boolean;
  lastUse(position: number): number;
  isStranger(position: number): boolean;
  /** Whether it can be recycled when nothing holds it; if not, `onEnd` hears of it instead. */
  isRecyclable(position: number): boolean;
}

/** Positions that a call looks at before it gives up; the sweep goes on from there. */
const MOST_LOOKS = 64;
/** Positions of one slice of a sweep: a few hundred microseconds. */
const SLICE = 512;
/** Connections are looked at again when the kernel has been asked, and this often without. */
const PASS_SECONDS = 60;

const queue = { WAITING: 1, CONNECTED: 2, STRANGERS: 3, IDLE: 4 } as const;

export class Recency {
  readonly #standing: Standing;
  readonly #holds: Holds;
  /** Called for a position that nothing holds, and that cannot be recycled. */
  readonly #onEnd: (position: number) => void;
  readonly #waiting: Heap;
  readonly #connected: Bag;
  readonly #strangers: Heap;
  readonly #idle: Heap;
  /** How far the pass through the connections has come: the index of the one looked at last. */
  #passed = 0;
  #passBegan = 0;
  #passAnswer = 0;

  constructor(standing: Standing, holds: Holds, onEnd: (position: number) => void) {
    this.#standing = standing;
    this.#holds = holds;
    this.#onEnd = onEnd;
    this.#waiting = new Heap(queue.WAITING, standing);
    this.#connected = new Bag(queue.CONNECTED, standing);
    this.#strangers = new Heap(queue.STRANGERS, standing);
    this.#idle = new Heap(queue.IDLE, standing);
  }

  /** Positions that are held, as far as is known. */
  get held(): number {
    return this.#waiting.size + this.#connected.size;
  }

  get idle(): number {
    return this.#strangers.size + this.#idle.size;
  }

  /** Puts a position where it belongs at `now`, wherever it stood. */
  settle(position: number, now: number): void {
    this.remove(position);
    const until = this.#holds.heldUntil(position);
    if (until > now) this.#waiting.add(position, until);
    else if (this.#holds.isConnected(position, now)) this.#connected.add(position);
    else if (!this.#holds.isRecyclable(position)) this.#onEnd(position);
    else (this.#holds.isStranger(position) ? this.#strangers : this.#idle).add(position, this.#holds.lastUse(position));
  }

  /** Tells that a position is held for longer than before; only one that is idle has to move. */
  hold(position: number, now: number): void {
    if (this.#standing.queue[position] !== queue.WAITING) this.settle(position, now);
  }

  remove(position: number): void {
    this.#queueOf(position)?.remove(position);
  }

  /** Takes out the one that was used least recently and is not held, of the strangers or of all others. */
  take(strangers: boolean, now: number): number | undefined {
    const heap = strangers ? this.#strangers : this.#idle;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const position = heap.first;
      if (position === undefined) return undefined;
      if (this.#isInPlace(position, now)) {
        heap.remove(position);
        return position;
      }
      this.settle(position, now);
    }
    return undefined;
  }

  /** Looks at a few that may not be held any more, for who needs one now. */
  look(now: number): void {
    this.#lookAtWaiting(MOST_LOOKS, now);
    for (let looks = 0; looks < MOST_LOOKS && this.#connected.size > 0; looks++) this.#lookAtConnected(now);
    for (const heap of [this.#strangers, this.#idle]) {
      for (let looks = 0; looks < MOST_LOOKS; looks++) {
        const position = heap.first;
        if (position === undefined || this.#isInPlace(position, now)) break;
        this.settle(position, now);
      }
    }
  }

  /**
   * A slice of the sweep that is due once a second. Returns whether there is more to do now. `answer` is when the kernel
   * was asked for connections last: each time, all of them are looked at once.
   */
  sweep(now: number, answer: number): boolean {
    if (this.#passed <= 0 && (answer !== this.#passAnswer || now - this.#passBegan >= PASS_SECONDS)) {
      this.#passAnswer = answer;
      this.#passBegan = now;
      this.#passed = this.#connected.size;
    }
    const wanted = this.#lookAtWaiting(SLICE, now);
    let looks = 0;
    for (; looks < SLICE && this.#passed > 0; looks++) this.#lookAtConnected(now);
    return wanted || this.#passed > 0;
  }

  /** Returns whether there are more that are due. */
  #lookAtWaiting(most: number, now: number): boolean {
    const { key } = this.#standing;
    for (let looks = 0; looks < most; looks++) {
      const position = this.#waiting.first;
      if (position === undefined || (key[position] as number) > now) return false;
      this.settle(position, now);
    }
    return true;
  }

  /** Downwards through the connections, and round again. */
  #lookAtConnected(now: number): void {
    if (this.#passed <= 0 || this.#passed > this.#connected.size) this.#passed = this.#connected.size;
    if (this.#passed === 0) return;
    const position = this.#connected.get(--this.#passed);
    const isStill = this.#holds.heldUntil(position) <= now && this.#holds.isConnected(position, now);
    if (!isStill) this.settle(position, now);
  }

  /** Whether an idle position is still idle, and where its last use says. */
  #isInPlace(position: number, now: number): boolean {
    const holds = this.#holds;
    if (holds.heldUntil(position) > now || holds.isConnected(position, now)) return false;
    return holds.isRecyclable(position) && this.#standing.key[position] === holds.lastUse(position);
  }

  #queueOf(position: number): Bag | undefined {
    switch (this.#standing.queue[position]) {
      case queue.WAITING:
        return this.#waiting;
      case queue.CONNECTED:
        return this.#connected;
      case queue.STRANGERS:
        return this.#strangers;
      case queue.IDLE:
        return this.#idle;
      default:
        return undefined;
    }
  }
}
