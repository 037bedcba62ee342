/** Which positions are free, held, idle or in quarantine, and which is to be given to the next peer (M10 to M13, M15). */
import type { Connections, MappingStamps } from '../mapping.ts';
import type { MappingRows } from '../mapping-rows.ts';
import { time } from '../mapping-times.ts';
import type { Spool } from '../spool.ts';
import { Line, Standing } from './queues.ts';
import { type Holds, Recency } from './recency.ts';

/** Strangers have at most one address of so many (M15). */
const STRANGERS_SHARE = 2;
/** Positions looked at in one slice of a sweep for those whose range is closing, each of which may be announced. */
const CLOSING_SLICE = 256;
/** The number of the queue of free positions; the others are those of `recency.ts`. */
const FREE = 5;

export interface OccupancyParts {
  readonly spool: Spool;
  readonly stamps: readonly MappingStamps[];
  readonly now: () => number;
  readonly connections?: Connections;
}

export class Occupancy implements Holds {
  readonly #parts: OccupancyParts;
  readonly #rows: MappingRows;
  /** Ends a mapping in a range that is closing. */
  readonly #retire: (position: number) => void;
  readonly #standing: Standing;
  readonly #recency: Recency;
  readonly #free: Line;
  /** The first position that nobody ever had, as far as it was looked for; and the first of a range that is closing. */
  #fresh = 0;
  #closing = Number.POSITIVE_INFINITY;
  #used = 0;
  #strangers = 0;
  #quarantined = 0;
  /** Positions of open ranges that are mapped or in quarantine. */
  #occupied = 0;

  constructor(parts: OccupancyParts, rows: MappingRows, retire: (position: number) => void) {
    this.#parts = parts;
    this.#rows = rows;
    this.#retire = retire;
    this.#standing = new Standing(parts.spool.size);
    this.#free = new Line(FREE, this.#standing);
    this.#recency = new Recency(this.#standing, this, (position) => this.#release(position));
  }

  get use(): { used: number; held: number; strangers: number; quarantined: number } {
    const held = this.#recency.held - this.#quarantined;
    return { used: this.#used, held, strangers: this.#strangers, quarantined: this.#quarantined };
  }

  /** Positions that are free now. */
  get free(): number {
    return Math.min(this.#parts.spool.usable - this.#occupied, this.#parts.spool.most - this.#used - this.#quarantined);
  }

  /** Free positions and those that can be recycled, as far as is known. */
  get room(): number {
    return this.free + this.#recency.idle;
  }

  /** Finds out more about what can be recycled, as far as one call may. */
  look(): void {
    this.#recency.look(this.#parts.now());
  }

  /** A position for a new peer: a free one, or one that is mapped and is to be recycled. `undefined`: all are held. */
  take(isStranger: boolean): number | undefined {
    const now = this.#parts.now();
    const mayHaveMore = !isStranger || this.#strangers < Math.floor(this.#parts.spool.usable / STRANGERS_SHARE);
    const free = mayHaveMore ? this.#takeFree() : undefined;
    if (free !== undefined) return free;
    this.#recency.look(now);
    // A quarantine may just have been found to be over.
    const freed = mayHaveMore ? this.#takeFree() : undefined;
    return freed ?? this.#recency.take(true, now) ?? (mayHaveMore ? this.#recency.take(false, now) : undefined);
  }

  /** A position that was taken is mapped from now on. */
  begin(position: number): void {
    this.#used++;
    if (this.#parts.spool.isUsable(position)) this.#occupied++;
    if (this.#rows.isStranger(position)) this.#strangers++;
  }

  /** The mapping at a position is about to end. */
  end(position: number): void {
    this.#used--;
    if (this.#rows.isStranger(position)) this.#strangers--;
    if (this.#parts.spool.isUsable(position)) this.#occupied--;
  }

  /** Puts a position whose mapping has ended where it waits for the end of its hold (M13). */
  quarantine(position: number): void {
    this.#quarantined++;
    if (this.#parts.spool.isUsable(position)) this.#occupied++;
    this.#recency.settle(position, this.#parts.now());
  }

  /** A stranger is asked for by name: from now on it is one of ours. The promise settles it; before that it may be idle. */
  adopt(position: number): void {
    this.#strangers--;
    this.#rows.mark(position, false);
  }

  /** A position is held for longer than before. */
  hold(position: number): void {
    this.#recency.hold(position, this.#parts.now());
  }

  /** Takes over everything that is mapped. Yields after each position. */
  *restore(): Generator<void> {
    const now = this.#parts.now();
    for (let position = 0; position < this.#parts.spool.size; position++) {
      yield;
      if (!this.#rows.isMapped(position)) continue;
      this.begin(position);
      this.#recency.settle(position, now);
    }
  }

  /** The spool has moved to a range that begins at `first`: what is free elsewhere is given up, what is idle will be. */
  move(first: number): void {
    this.#free.clear();
    this.#fresh = first;
    this.#occupied = 0;
    this.#closing = 0;
  }

  /** Returns whether there is more to do now. */
  sweep(): boolean {
    const now = this.#parts.now();
    const isMore = this.#recency.sweep(now, this.#parts.connections?.askedAt ?? 0);
    const { size } = this.#parts.spool;
    const end = Math.min(size, this.#closing + CLOSING_SLICE);
    for (; this.#closing < end; this.#closing++) {
      if (this.#isToClose(this.#closing)) this.#recency.settle(this.#closing, now);
    }
    return isMore || this.#closing < size;
  }

  isHeld(position: number): boolean {
    const now = this.#parts.now();
    return this.heldUntil(position) > now || this.isConnected(position, now);
  }

  /**
   * The positions from `first` to before `end` that cannot be given to anybody, since they are mapped or in quarantine: runs
   * of them, each as the first and how many.
   */
  occupied(first: number, end: number): [number, number][] {
    const { queue } = this.#standing;
    const runs: [number, number][] = [];
    let from = -1;
    for (let position = first; position <= end; position++) {
      const number = position === end ? FREE : queue[position];
      const isOccupied = number !== 0 && number !== FREE;
      if (isOccupied && from < 0) from = position;
      if (isOccupied || from < 0) continue;
      runs.push([from, position - from]);
      from = -1;
    }
    return runs;
  }

  /** What packets tell of a position. */
  traffic(position: number): { isLive: boolean; lastPacket: number; packets: number; octets: number } {
    const now = this.#parts.now();
    let [packets, octets] = [0, 0];
    for (const stamps of this.#parts.stamps) {
      packets += stamps.packets(position);
      octets += stamps.octets(position);
    }
    const isLive = this.#stampedUntil(position) > now || this.isConnected(position, now);
    return { isLive, lastPacket: this.#lastPacket(position), packets, octets };
  }

  heldUntil(position: number): number {
    return Math.max(this.#rows.times.get(position, time.PROMISED), this.#stampedUntil(position));
  }

  /** A packet that came after the kernel was asked may be of a connection that it did not know yet. */
  isConnected(position: number, now: number): boolean {
    const { connections } = this.#parts;
    let until = 0;
    for (const stamps of this.#parts.stamps) until = Math.max(until, stamps.connectedUntil(position));
    const askedAt = connections?.askedAt ?? 0;
    // An answer from the future was given before the clock was set back: packets are not younger than it for long.
    if (connections === undefined || askedAt === 0 || askedAt > now) return until > now;
    return connections.has(position) || (until > now && this.#lastPacket(position) >= askedAt);
  }

  lastUse(position: number): number {
    return Math.max(this.#rows.times.get(position, time.USED), this.#lastPacket(position));
  }

  isStranger(position: number): boolean {
    return this.#rows.isStranger(position);
  }

  isRecyclable(position: number): boolean {
    return this.#rows.isMapped(position) && this.#parts.spool.isUsable(position);
  }

  #stampedUntil(position: number): number {
    let until = 0;
    for (const stamps of this.#parts.stamps) until = Math.max(until, stamps.heldUntil(position));
    return until;
  }

  #lastPacket(position: number): number {
    let last = 0;
    for (const stamps of this.#parts.stamps) last = Math.max(last, stamps.lastPacket(position));
    return last;
  }

  /** Those that nobody ever had come first, then the one that was freed first (M13). */
  #takeFree(): number | undefined {
    const { spool } = this.#parts;
    if (this.free <= 0) return undefined;
    while (this.#fresh < spool.size) {
      const position = this.#fresh++;
      if (this.#standing.queue[position] === 0 && spool.isUsable(position) && !this.#rows.isMapped(position)) {
        return position;
      }
    }
    return this.#free.take();
  }

  /** Nothing holds a position that cannot be recycled: its quarantine is over, or its range is closing. */
  #release(position: number): void {
    if (this.#rows.isMapped(position)) {
      this.#retire(position);
      return;
    }
    this.#quarantined--;
    if (!this.#parts.spool.isUsable(position)) return;
    this.#occupied--;
    this.#free.add(position);
  }

  #isToClose(position: number): boolean {
    return this.#rows.isMapped(position) && !this.#parts.spool.isUsable(position);
  }
}
