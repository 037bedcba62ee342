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

/** A list of positions that grows. */
class Items {
  items = new Uint32Array(64);
  size = 0;

  add(position: number): number {
    if (this.size === this.items.length) {
      const grown = new Uint32Array(2 * this.size);
      grown.set(this.items);
      this.items = grown;
    }
    this.items[this.size] = position;
    return this.size++;
  }
}

/** Positions by key, the least first; equal ones by position. A binary heap. */
export class Heap {
  readonly #number: number;
  readonly #standing: Standing;
  readonly #list = new Items();

  constructor(number: number, standing: Standing) {
    this.#number = number;
    this.#standing = standing;
  }

  get size(): number {
    return this.#list.size;
  }

  /** The position with the least key; `undefined` when there is none. */
  get first(): number | undefined {
    return this.#list.size === 0 ? undefined : this.#list.items[0];
  }

  /** Adds a position that stands nowhere. */
  add(position: number, key: number): void {
    const { queue, key: keys } = this.#standing;
    queue[position] = this.#number;
    keys[position] = key;
    this.#rise(this.#list.add(position), position);
  }

  /** Takes out a position that stands here. */
  remove(position: number): void {
    const { queue, at } = this.#standing;
    const list = this.#list;
    queue[position] = 0;
    const hole = at[position] as number;
    const last = list.items[--list.size] as number;
    if (last === position) return;
    this.#rise(hole, last);
    this.#sink(at[last] as number, last);
  }

  #isBefore(one: number, other: number): boolean {
    const { key } = this.#standing;
    const [a, b] = [key[one] as number, key[other] as number];
    return a < b || (a === b && one < other);
  }

  #rise(from: number, position: number): void {
    const { items } = this.#list;
    const { at } = this.#standing;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >>> 1;
      const above = items[parent] as number;
      if (!this.#isBefore(position, above)) break;
      items[hole] = above;
      at[above] = hole;
      hole = parent;
    }
    items[hole] = position;
    at[position] = hole;
  }

  #sink(from: number, position: number): void {
    const { items, size } = this.#list;
    const { at } = this.#standing;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(items[child + 1] as number, items[child] as number)) child++;
      const below = items[child] as number;
      if (!this.#isBefore(below, position)) break;
      items[hole] = below;
      at[below] = hole;
      hole = child;
    }
    items[hole] = position;
    at[position] = hole;
  }
}

/** Positions in no order, to be walked through. */
export class Bag {
  readonly #number: number;
  readonly #standing: Standing;
  readonly #list = new Items();

  constructor(number: number, standing: Standing) {
    this.#number = number;
    this.#standing = standing;
  }

  get size(): number {
    return this.#list.size;
  }

  /** The position at an index from 0 to `size - 1`. Walk downwards: taking one out moves only one that came before. */
  get(index: number): number {
    return this.#list.items[index] as number;
  }

  add(position: number): void {
    this.#standing.queue[position] = this.#number;
    this.#standing.at[position] = this.#list.add(position);
  }

  remove(position: number): void {
    const { queue, at } = this.#standing;
    const list = this.#list;
    queue[position] = 0;
    const hole = at[position] as number;
    const last = list.items[--list.size] as number;
    list.items[hole] = last;
    at[last] = hole;
  }
}

/** Positions in the order in which they were added. */
export class Line {
  readonly #number: number;
  readonly #standing: Standing;
  /** The first and the last, or -1; each knows the one behind it. */
  #head = -1;
  #tail = -1;

  constructor(number: number, standing: Standing) {
    this.#number = number;
    this.#standing = standing;
  }

  add(position: number): void {
    const { queue, at } = this.#standing;
    queue[position] = this.#number;
    if (this.#head < 0) this.#head = position;
    else at[this.#tail] = position;
    this.#tail = position;
  }

  take(): number | undefined {
    const { queue, at } = this.#standing;
    const position = this.#head;
    if (position < 0) return undefined;
    queue[position] = 0;
    this.#head = position === this.#tail ? -1 : (at[position] as number);
    return position;
  }

  clear(): void {
    while (this.take() !== undefined);
  }
}
