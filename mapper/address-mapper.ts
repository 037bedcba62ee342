/**
 * The address mapper (RFC 2767 §2.3, RFC 6535 §2.4): hands out spool addresses for IPv6 peers, one for each peer, and
 * recycles the least recently used one that nobody holds. docs/life-of-a-mapping.md draws what becomes of a mapping.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address } from './address/ipv6.ts';
import { coverIpv4, type Ipv4Prefix } from './address/prefix.ts';
import type { Connections, EndReason, ListedMapping, Mapping, Promised } from './mapping.ts';
import { MappingRows } from './mapping-rows.ts';
import { time } from './mapping-times.ts';
import { Slice } from './next-turn.ts';
import { Occupancy } from './recency/occupancy.ts';
import { roomForAnswer } from './recency/room.ts';
import { type RestoreParts, restoreMappings } from './restore.ts';
import { STRANGER_SECONDS, StrangerRate } from './stranger-rate.ts';

/** How long an answer is believed behind its time to live: resolvers and programs keep it a little too long (M11). */
const PROMISE_GRACE_SECONDS = 60;
/** Positions without a mapping that are looked at before others may have the thread: less than a millisecond. */
const MOST_LOOKS = 16_384;

export interface AddressMapperParts extends RestoreParts {
  /** Without them, packets alone say which connections there are. */
  readonly connections?: Connections;
}

/** Keeps the pairs. The control plane owns it; the packet path reads what it publishes. */
export class AddressMapper {
  /** Answers since the start: mappings made, taken from another peer, and not to be had (M12). */
  readonly counters = { assigned: 0, recycled: 0, refused: 0 };
  /** The same of strangers: admitted, over their rate, and over their share or with nothing to be had (M15). */
  readonly strangerCounters = { admitted: 0, overRate: 0, refused: 0 };
  readonly #parts: AddressMapperParts;
  readonly #rows: MappingRows;
  readonly #occupancy: Occupancy;
  readonly #strangerRate = new StrangerRate();

  constructor(parts: AddressMapperParts) {
    this.#parts = parts;
    this.#rows = new MappingRows(parts.spool, parts.index);
    this.#occupancy = new Occupancy(parts, this.#rows, (position) => this.#end(position, 'range'));
  }

  /**
   * The spool address that stands for `ipv6`, now and for as long as `promise` says. One for each peer, whatever the
   * name (RFC 6535 §6.2). `undefined` when every address is held.
   */
  assign(ipv6: Ipv6Address, promise: Promised): Ipv4Address | undefined {
    const position = this.#known(ipv6) ?? this.#make(ipv6, false);
    if (position === undefined) {
      this.counters.refused++;
      return undefined;
    }
    if (this.#rows.isStranger(position)) this.#occupancy.adopt(position);
    this.#rows.addName(position, promise.name);
    this.#promise(position, promise.ttlSeconds + PROMISE_GRACE_SECONDS);
    return this.#parts.spool.address(position);
  }

  /**
   * The spool address that stands for a peer that sent a packet and has none, kept for 5 s until this host has answered
   * (M7, M15). Strangers have at most half of the spool, and 100 new ones are let in a second. `undefined`: drop the
   * packet.
   */
  admit(ipv6: Ipv6Address): Ipv4Address | undefined {
    const known = this.#known(ipv6);
    if (known !== undefined) return this.#parts.spool.address(known);
    if (!this.#strangerRate.admits(this.#parts.now())) {
      this.strangerCounters.overRate++;
      return undefined;
    }
    const position = this.#make(ipv6, true);
    this.strangerCounters[position === undefined ? 'refused' : 'admitted']++;
    if (position === undefined) return undefined;
    this.#promise(position, STRANGER_SECONDS);
    return this.#parts.spool.address(position);
  }

  /**
   * Takes back the mappings of an earlier run, in slices, before anything else is asked. Later ones take the place of earlier ones
   * at the same address; where two have the same peer, the one that was made later holds. They count as live until 5
   * minutes have passed and the kernel has said which connections there are (M14).
   */
  async restore(mappings: Iterable<Mapping | undefined>): Promise<void> {
    await restoreMappings(this.#parts, this.#rows, mappings);
    const slice = new Slice();
    for (const _ of this.#occupancy.restore()) if (slice.isOver) await slice.pause();
  }

  /** The mapping of a spool address, or `undefined`. Asking does not make it recent. */
  mappingOf(address: Ipv4Address): Mapping | undefined {
    return this.#rows.mappingOf(address);
  }

  /** The mapping at a position, or `undefined`. */
  mappingAt(position: number): Mapping | undefined {
    return this.#rows.mapping(position);
  }

  /** The spool address that stands for a peer; `undefined` when there is none. Asking promises nothing. */
  addressOf(ipv6: Ipv6Address): Ipv4Address | undefined {
    const position = this.#known(ipv6);
    return position === undefined ? undefined : this.#parts.spool.address(position);
  }

  /** Whether an address is of the spool, mapped or not. */
  isSpool(address: Ipv4Address): boolean {
    return this.#parts.spool.position(address) >= 0;
  }

  /** The mapping of a spool address with what the data planes know of it, or `undefined`. */
  listed(address: Ipv4Address): ListedMapping | undefined {
    const position = this.#parts.spool.position(address);
    const mapping = position < 0 ? undefined : this.#rows.mapping(position);
    return mapping === undefined ? undefined : { ...mapping, ...this.#occupancy.traffic(position) };
  }

  /** The addresses of all mappings, as they are when each is asked for; `undefined` where looking for one took long. */
  *addresses(): Generator<Ipv4Address | undefined> {
    let looks = 0;
    for (let position = 0; position < this.#parts.spool.size; position++) {
      if (this.#rows.isMapped(position)) yield this.#parts.spool.address(position);
      else if (++looks % MOST_LOOKS === 0) yield undefined;
    }
  }

  /** How the spool is used: mapped addresses, those that are held of them, strangers, and addresses in quarantine. */
  get use(): { used: number; held: number; strangers: number; quarantined: number } {
    return this.#occupancy.use;
  }

  /** Whether somebody may still rely on an address: an answer promised it, or packets use it (M11). */
  isHeld(address: Ipv4Address): boolean {
    const position = this.#parts.spool.position(address);
    return position >= 0 && this.#occupancy.isHeld(position);
  }

  /**
   * A slice of the sweep that is due once a second, less than a millisecond: finds out which holds have ended (M10).
   * Returns whether there is more to do now.
   */
  sweep(): boolean {
    return this.#occupancy.sweep();
  }

  /**
   * Those of the addresses that one answer may have, in their order: all that have a mapping, and new ones as far as there
   * is room. To be called before `assign`: it waits for the kernel where something must be recycled (M11).
   */
  async makeRoomFor(addresses: readonly Ipv6Address[]): Promise<readonly Ipv6Address[]> {
    const fresh = new Set(addresses.filter((address) => this.#known(address) === undefined));
    let left = await roomForAnswer(this.#occupancy, this.#parts, fresh.size);
    this.counters.refused += fresh.size - left;
    return addresses.filter((address) => !fresh.has(address) || left-- > 0);
  }

  /**
   * From now on addresses are handed out of `range` and no other (M3). What is held at other addresses stays until that
   * ends, what is idle ends with the next sweeps. Returns false when there is no place for another range.
   */
  move(range: Ipv4Prefix): boolean {
    const first = this.#parts.spool.move(range);
    if (first === undefined) return false;
    this.#occupancy.move(first);
    return true;
  }

  /** The fewest prefixes that hold the addresses of a range which stand for somebody, or may not be given to anybody yet. */
  occupiedIn(range: Ipv4Prefix): Ipv4Prefix[] {
    const { spool } = this.#parts;
    const { first, end } = spool.positions(range);
    const runs = this.#occupancy.occupied(first, end);
    return runs.flatMap(([position, count]) => coverIpv4(spool.address(position), count));
  }

  /** Ends a mapping; its address stays in quarantine for as long as it is held (M13). Returns whether there was one. */
  remove(address: Ipv4Address, reason: EndReason): boolean {
    const position = this.#parts.spool.position(address);
    if (position < 0 || !this.#rows.isMapped(position)) return false;
    this.#end(position, reason);
    this.#occupancy.quarantine(position);
    return true;
  }

  #known(ipv6: Ipv6Address): number | undefined {
    const position = this.#parts.index.position(ipv6);
    return position < 0 ? undefined : position;
  }

  #make(ipv6: Ipv6Address, isStranger: boolean): number | undefined {
    const { sinks, now } = this.#parts;
    const position = this.#occupancy.take(isStranger);
    if (position === undefined) return undefined;
    if (this.#rows.isMapped(position)) {
      this.counters.recycled++;
      this.#end(position, 'recycled');
    }
    this.#rows.begin(position, now(), isStranger);
    this.#occupancy.begin(position);
    for (const sink of sinks) sink.publish(position, ipv6);
    this.counters.assigned++;
    return position;
  }

  #promise(position: number, seconds: number): void {
    const now = this.#parts.now();
    const rows = this.#rows;
    // The column holds no later time: without a limit the longest TTL would be no promise at all, from 2038 on.
    const until = Math.min(now + seconds, 0xffff_ffff);
    const isLonger = until > rows.times.get(position, time.PROMISED);
    rows.times.set(position, time.USED, now);
    if (isLonger) rows.times.set(position, time.PROMISED, until);
    this.#occupancy.hold(position);
    if (!isLonger) return;
    let mapping: Mapping | undefined;
    for (const sink of this.#parts.sinks) {
      if (sink.promised === undefined) continue;
      mapping ??= rows.mapping(position);
      if (mapping !== undefined) sink.promised(position, mapping);
    }
  }

  #end(position: number, reason: EndReason): void {
    const { sinks } = this.#parts;
    // Nobody else needs to know who it was.
    const mapping = sinks.some(({ ended }) => ended !== undefined) ? this.#rows.mapping(position) : undefined;
    for (const sink of sinks) sink.withdraw(position);
    this.#occupancy.end(position);
    this.#rows.end(position);
    if (mapping !== undefined) for (const sink of sinks) sink.ended?.(mapping, reason);
  }
}
