/**
 * Queues of positions. A position stands in one of them at a time, so that they share their columns: which queue, where
 * in it, and what it is ordered by. Nothing is allocated for a position, and nothing is looked for.
 */

/** Columns over all positions. */
export class Standing {
  /** The number of the queue a position stands in; 0 for none. */
  readonly queue: Uint8Array;
  /** Where in it. */
  readonly at: Uint32Array;
  /** What heaps are ordered by: seconds since 1970. */
  readonly key: Uint32Array;

  constructor(size: number) {
    this.queue = new Uint8Array(size);
    this.at = new Uint32Array(size);
    this.key = new Uint32Array(size);
  }
}

/** A queue: its number, and the columns it shares with the others. */
abstract class Queue {
  readonly standing: Standing;
  readonly #number: number;

  constructor(number: number, standing: Standing) {
    this.#number = number;
    this.standing = standing;
  }

  protected enter(position: number): void {
    this.standing.queue[position] = this.#number;
  }

  protected leave(position: number): void {
    this.standing.queue[position] = 0;
  }
}

/** Positions in no order, to be walked through. */
export class Bag extends Queue {
  /** Room for all of them: memory that is not touched costs nothing, and none of it is ever copied. */
  readonly items = new Uint32Array(this.standing.queue.length);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The position at an index from 0 to `size - 1`. Walk downwards: taking one out moves only one that came before. */
  get(index: number): number {
    return this.items[index] as number;
  }

  /** Adds a position that stands nowhere. */
  add(position: number): void {
    this.enter(position);
    this.put(this.#size++, position);
  }

  /** Takes out a position that stands here. Its place goes to the last one, which is returned; `undefined` when it was that. */
  remove(position: number): number | undefined {
    this.leave(position);
    const last = this.items[--this.#size] as number;
    if (last === position) return undefined;
    this.put(this.standing.at[position] as number, last);
    return last;
  }

  protected put(index: number, position: number): void {
    this.items[index] = position;
    this.standing.at[position] = index;
  }
}

/** Positions by key, the least first; equal ones by position. A binary heap. */
export class Heap extends Bag {
  /** The position with the least key; `undefined` when there is none. */
  get first(): number | undefined {
    return this.size === 0 ? undefined : this.items[0];
  }

  /** Adds a position that stands nowhere, with its key. */
  override add(position: number, key = 0): void {
    super.add(position);
    this.standing.key[position] = key;
    this.#rise(position);
  }

  override remove(position: number): number | undefined {
    const moved = super.remove(position);
    if (moved !== undefined) {
      this.#rise(moved);
      this.#sink(moved);
    }
    return moved;
  }

  #isBefore(one: number, other: number): boolean {
    const { key } = this.standing;
    const [a, b] = [key[one] as number, key[other] as number];
    return a < b || (a === b && one < other);
  }

  #rise(position: number): void {
    const { items, standing } = this;
    let hole = standing.at[position] as number;
    while (hole > 0) {
      const parent = (hole - 1) >>> 1;
      const above = items[parent] as number;
      if (!this.#isBefore(position, above)) break;
      this.put(hole, above);
      hole = parent;
    }
    this.put(hole, position);
  }

  #sink(position: number): void {
    const { items, standing, size } = this;
    let hole = standing.at[position] as number;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(items[child + 1] as number, items[child] as number)) child++;
      const below = items[child] as number;
      if (!this.#isBefore(below, position)) break;
      this.put(hole, below);
      hole = child;
    }
    this.put(hole, position);
  }
}

/** Positions in the order in which they were added. */
export class Line extends Queue {
  /** The first and the last, or -1; each knows the one behind it. */
  #head = -1;
  #tail = -1;

  add(position: number): void {
    this.enter(position);
    if (this.#head < 0) this.#head = position;
    else this.standing.at[this.#tail] = position;
    this.#tail = position;
  }

  take(): number | undefined {
    const position = this.#head;
    if (position < 0) return undefined;
    this.leave(position);
    this.#head = position === this.#tail ? -1 : (this.standing.at[position] as number);
    return position;
  }

  clear(): void {
    while (this.take() !== undefined);
  }
}
