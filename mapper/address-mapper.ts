/**
 * The address mapper (RFC 2767 §2.3, RFC 6535 §2.4): hands out spool addresses for IPv6 peers, one for each peer, and
 * recycles the least recently used one that nobody holds.
 */
import { LRUCache } from 'lru-cache';
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address } from './address/ipv6.ts';
import type { Mapping, MappingIndex, MappingStamps, Promised, Row } from './mapping.ts';
import { leastRecent } from './recency.ts';
import type { Spool } from './spool.ts';
import { STRANGER_SECONDS, StrangerRate } from './stranger-rate.ts';
import type { MappingSink } from './table-writer.ts';

/** How long an answer is believed behind its time to live: resolvers and programs keep it a little too long (M11). */
const PROMISE_GRACE_SECONDS = 60;
/** Names kept with a mapping; the oldest goes first. */
const MOST_NAMES = 8;
/** How long mappings of an earlier run count as live: nobody knows what the programs do that use them (M14). */
const RESTORED_SECONDS = 300;
/** The longest promise that is believed of an earlier run, whose clock may have been wrong, in seconds. */
const LONGEST_RESTORED_PROMISE = 86_400;

export interface AddressMapperParts {
  readonly spool: Spool;
  readonly index: MappingIndex;
  readonly sinks: readonly MappingSink[];
  readonly stamps: readonly MappingStamps[];
  /** Seconds since 1970. */
  readonly now: () => number;
}

/** Keeps the pairs. The control plane owns it; the packet path reads what it publishes. */
export class AddressMapper {
  /** Answers since the start: mappings made, taken from another peer, and not to be had (M12). */
  readonly counters = { assigned: 0, recycled: 0, refused: 0 };
  /** The same of strangers: admitted, over their rate, and over their share or with nothing to be had (M15). */
  readonly strangerCounters = { admitted: 0, overRate: 0, refused: 0 };
  readonly #parts: AddressMapperParts;
  /** A row is in one of these: of peers that were asked for, and of strangers. */
  readonly #rows: LRUCache<number, Row>;
  readonly #strangers: LRUCache<number, Row>;
  readonly #strangerRate = new StrangerRate();
  /** The lowest position of those that nobody ever had, and the free ones below it. */
  #fresh = 0;
  readonly #gaps: number[] = [];

  constructor(parts: AddressMapperParts) {
    this.#parts = parts;
    this.#rows = new LRUCache({ max: parts.spool.size });
    this.#strangers = new LRUCache({ max: parts.spool.size });
  }

  /**
   * The spool address that stands for `ipv6`, now and for as long as `promise` says. One for each peer, whatever the
   * name (RFC 6535 §6.2). `undefined` when every address is held.
   */
  assign(ipv6: Ipv6Address, promise: Promised): Ipv4Address | undefined {
    const row = this.#known(ipv6) ?? this.#make(ipv6);
    if (row === undefined) {
      this.counters.refused++;
      return undefined;
    }
    if (row.isStranger) this.#adopt(row);
    const until = this.#parts.now() + promise.ttlSeconds + PROMISE_GRACE_SECONDS;
    const isLonger = until > row.promisedUntil;
    if (isLonger) row.promisedUntil = until;
    if (row.names.at(-1) !== promise.name) {
      row.names = [...row.names.filter((name) => name !== promise.name), promise.name].slice(-MOST_NAMES);
    }
    if (isLonger) this.#tellPromise(row);
    return row.ipv4;
  }

  /**
   * The spool address that stands for a peer that sent a packet and has none, kept for 5 s until this host has answered
   * (M7, M15). Strangers have at most half of the spool, and 100 new ones are let in a second. `undefined`: drop the
   * packet.
   */
  admit(ipv6: Ipv6Address): Ipv4Address | undefined {
    const known = this.#known(ipv6);
    if (known !== undefined) return known.ipv4;
    const now = this.#parts.now();
    if (!this.#strangerRate.admits(now)) {
      this.strangerCounters.overRate++;
      return undefined;
    }
    const row = this.#make(ipv6, true);
    this.strangerCounters[row === undefined ? 'refused' : 'admitted']++;
    if (row === undefined) return undefined;
    row.promisedUntil = now + STRANGER_SECONDS;
    this.#tellPromise(row);
    return row.ipv4;
  }

  /** A stranger was asked for by name: from now on it is one of ours. */
  #adopt(row: Row): void {
    const position = this.#parts.spool.position(row.ipv4);
    row.isStranger = false;
    this.#strangers.delete(position);
    this.#rows.set(position, row);
  }

  #tellPromise(row: Row): void {
    const position = this.#parts.spool.position(row.ipv4);
    for (const sink of this.#parts.sinks) sink.promised?.(position, row);
  }

  /**
   * Takes back the mappings of an earlier run, one for each address, before anything else is asked. Where two have the
   * same peer, the one that was made later holds. They count as live for 5 minutes (M14).
   */
  restore(mappings: readonly Mapping[]): void {
    const { spool, index, sinks } = this.#parts;
    const now = this.#parts.now();
    const rows: (Row | undefined)[] = [];
    for (const { ipv4, ipv6, names, createdAt, promisedUntil, isStranger } of mappings) {
      const position = spool.position(ipv4);
      if (!spool.isUsable(position) || (ipv6.w0 | ipv6.w1 | ipv6.w2 | ipv6.w3) === 0) continue;
      const other = index.position(ipv6);
      if (other >= 0) {
        if ((rows[other]?.createdAt ?? 0) >= createdAt) continue;
        this.#withdraw(other);
        rows[other] = undefined;
      }
      rows[position] = {
        ipv4,
        ipv6,
        names: names.length > MOST_NAMES ? names.slice(-MOST_NAMES) : names,
        createdAt: Math.min(createdAt, now),
        promisedUntil: Math.min(promisedUntil, now + LONGEST_RESTORED_PROMISE),
        isStranger,
        restoredUntil: now + RESTORED_SECONDS,
      };
      for (const sink of sinks) sink.publish(position, ipv6);
    }
    this.#takeOver(rows);
  }

  /** Fills the rows, in the order of their promises, which is about that of their last use; notes what is free. */
  #takeOver(rows: readonly (Row | undefined)[]): void {
    const { spool } = this.#parts;
    // Both in one number, below 2^53: positions are fewer than 2^24, and promises older than 8 years are all the same.
    const oldest = this.#parts.now() - 2 ** 28;
    const keys = new Float64Array(rows.length);
    let count = 0;
    for (let position = rows.length - 1; position >= 0; position--) {
      const row = rows[position];
      if (row !== undefined) keys[count++] = Math.max(0, row.promisedUntil - oldest) * spool.size + position;
      else if (spool.isUsable(position)) this.#gaps.push(position);
    }
    for (const key of keys.subarray(0, count).sort()) {
      const position = key % spool.size;
      const row = rows[position] as Row;
      (row.isStranger ? this.#strangers : this.#rows).set(position, row);
    }
    this.#fresh = rows.length;
  }

  #withdraw(position: number): void {
    for (const sink of this.#parts.sinks) sink.withdraw(position);
  }

  /** The mapping of a spool address, or `undefined`. Asking does not make it recent. */
  mappingOf(address: Ipv4Address): Mapping | undefined {
    return this.#row(this.#parts.spool.position(address));
  }

  #row(position: number): Row | undefined {
    return this.#rows.peek(position) ?? this.#strangers.peek(position);
  }

  /** Whether an address is of the spool, mapped or not. */
  isSpool(address: Ipv4Address): boolean {
    return this.#parts.spool.position(address) >= 0;
  }

  /** All mappings, the most recently used first and strangers last, with what the data planes know of them. */
  list(): (Mapping & { heldUntil: number; lastPacket: number })[] {
    return [...this.#rows.entries(), ...this.#strangers.entries()].map(([position, row]) => ({
      ...row,
      heldUntil: this.#heldUntil(position),
      lastPacket: Math.max(0, ...this.#parts.stamps.map((stamps) => stamps.lastPacket(position))),
    }));
  }

  /** Whether somebody may still rely on the row at a position: an answer promised it, or packets use it (M11). */
  isHeld(position: number): boolean {
    const now = this.#parts.now();
    return (this.#row(position)?.promisedUntil ?? 0) > now || this.#heldUntil(position) > now;
  }

  #heldUntil(position: number): number {
    const restoredUntil = this.#row(position)?.restoredUntil ?? 0;
    return Math.max(restoredUntil, ...this.#parts.stamps.map((stamps) => stamps.heldUntil(position)));
  }

  #known(ipv6: Ipv6Address): Row | undefined {
    const position = this.#parts.index.position(ipv6);
    return position < 0 ? undefined : (this.#rows.get(position) ?? this.#strangers.get(position));
  }

  #make(ipv6: Ipv6Address, isStranger = false): Row | undefined {
    const position = isStranger ? this.#placeForStranger() : this.#place();
    if (position === undefined) return undefined;
    const row: Row = {
      ipv4: this.#parts.spool.address(position),
      ipv6: { w0: ipv6.w0, w1: ipv6.w1, w2: ipv6.w2, w3: ipv6.w3 },
      names: [],
      createdAt: this.#parts.now(),
      promisedUntil: 0,
      isStranger,
      restoredUntil: 0,
    };
    (isStranger ? this.#strangers : this.#rows).set(position, row);
    for (const sink of this.#parts.sinks) sink.publish(position, ipv6);
    this.counters.assigned++;
    return row;
  }

  #place(): number | undefined {
    return this.#free() ?? this.#recycle(this.#strangers) ?? this.#recycle(this.#rows);
  }

  /** Strangers that have their share get the address of another stranger, or none. */
  #placeForStranger(): number | undefined {
    const most = Math.floor(this.#parts.spool.usable / 2);
    return this.#strangers.size < most ? this.#place() : this.#recycle(this.#strangers);
  }

  #free(): number | undefined {
    const gap = this.#gaps.pop();
    if (gap !== undefined) return gap;
    const { spool } = this.#parts;
    while (this.#fresh < spool.size) {
      const position = this.#fresh++;
      if (spool.isUsable(position)) return position;
    }
    return undefined;
  }

  /** Ends the least recently used of these mappings that is not held (M10). */
  #recycle(rows: LRUCache<number, Row>): number | undefined {
    const found = leastRecent(rows, (position) => !this.isHeld(position));
    if (found === undefined) return undefined;
    this.#withdraw(found);
    rows.delete(found);
    this.counters.recycled++;
    return found;
  }
}
