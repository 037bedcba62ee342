/**
 * The ranges of the spool over the life of a bump (M3): when a network of the host appears in the one in use, new mappings
 * are made in another, and those that are held end where they are.
 */
import { formatIpv4Prefix, type Ipv4Prefix, ipv4PrefixSize } from '../mapper/address/prefix.ts';
import type { AddressMapper } from '../mapper/address-mapper.ts';
import type { Connections } from '../mapper/mapping.ts';
import { chooseRange, DEFAULT_SPOOLS, isFree, rangesInOrder } from '../mapper/range.ts';
import type { Spool } from '../mapper/spool.ts';
import type { Reason } from './control/agent.ts';
import type { Log } from './log.ts';
import { elsewhere, type SelfAddress } from './self-address.ts';

export interface SpoolRangesParts {
  readonly spool: Spool;
  readonly mapper: Pick<AddressMapper, 'move' | 'occupiedIn'>;
  /** The range that was asked for. */
  readonly configured: Ipv4Prefix;
  /** The address of the device, which moves with the networks of the host as the spool does. */
  readonly self: Pick<SelfAddress, 'follow' | 'tend' | 'addresses' | 'ranges' | 'reasons'>;
  /** IPv4 prefixes of explicit mappings: all there are, and those that hold now. */
  readonly reserved: () => readonly Ipv4Prefix[];
  readonly explicit: () => readonly Ipv4Prefix[];
  readonly connections: Pick<Connections, 'ask'>;
  /** Prefixes that are in use on the host, at first. */
  readonly taken: readonly Ipv4Prefix[];
  /** The ranges of the spool are others now. */
  readonly changed: () => void;
  readonly log: Log;
}

/** While a range is closing, the kernel is asked every so many looks which connections there still are: every 5 s. */
const LOOKS_PER_QUESTION = 10;

export class SpoolRanges {
  readonly #parts: SpoolRangesParts;
  /** Why the spool cannot move although it should. */
  #problem: string | undefined;
  /** Prefixes that are in use on the host. */
  #taken: readonly Ipv4Prefix[];
  #looks = 0;
  /** What `prefixes` said last. */
  #said = '';

  constructor(parts: SpoolRangesParts) {
    this.#parts = parts;
    this.#taken = parts.taken;
  }

  /** Moves the spool when one of these prefixes, which are in use, shares an address with it. */
  follow(taken: readonly Ipv4Prefix[]): void {
    const { spool, mapper, configured, self, reserved, changed, log } = this.#parts;
    const before = this.#problem;
    this.#problem = undefined;
    this.#taken = taken;
    self.follow(taken);
    const collision = spool.open.find((range) => !isFree(range, taken));
    if (collision === undefined) return;
    const from = formatIpv4Prefix(collision);
    const others = [...taken, ...spool.ranges, ...self.ranges, ...reserved()];
    const next = chooseRange(rangesInOrder(configured, DEFAULT_SPOOLS), others);
    if (next !== undefined && mapper.move(next)) {
      changed();
      log.warn({ from, to: formatIpv4Prefix(next) }, 'The spool moves: a network of this host has addresses of it');
      return;
    }
    const why =
      next === undefined ? 'no private range of its length is free' : 'mappings of earlier ranges are still held';
    this.#problem = `The spool ${from} collides with a network of this host and cannot move: ${why}.`;
    if (this.#problem !== before) log.warn(this.#problem);
  }

  /**
   * Gives up what nobody holds any more in ranges that are closing. Returns whether `prefixes` are others than when they
   * were asked for last.
   */
  tend(): boolean {
    const { spool, mapper, self, connections, changed, log } = this.#parts;
    self.tend();
    if (spool.closing.length > 0 && this.#looks++ % LOOKS_PER_QUESTION === 0) void connections.ask();
    for (const range of spool.closing) {
      if (mapper.occupiedIn(range).length > 0) continue;
      spool.remove(range);
      changed();
      log.info({ range: formatIpv4Prefix(range) }, 'The last mapping of an earlier range of the spool has ended');
    }
    return this.#state(this.#list()) !== this.#said;
  }

  /**
   * What is to lead to the device: the open ranges, the addresses that are still held in others and no address beside them,
   * since those are somebody else's now, and explicit mappings.
   */
  prefixes(): readonly string[] {
    const list = this.#list();
    this.#said = this.#state(list);
    return list;
  }

  get reasons(): readonly Reason[] {
    const { spool, configured, self, mapper } = this.#parts;
    const reasons: Reason[] = [];
    if (this.#problem !== undefined) reasons.push({ code: 'spool-collision', text: this.#problem });
    for (const range of spool.closing) {
      if (isFree(range, this.#taken)) continue;
      const left = mapper.occupiedIn(range).reduce((sum, each) => sum + ipv4PrefixSize(each), 0);
      const text = `The spool has moved away from ${formatIpv4Prefix(range)}, where a network of this host is; ${left} of its addresses are still held and hide those of that network.`;
      reasons.push({ code: 'spool-moved', text });
    }
    reasons.push(...elsewhere('spool', configured, spool.open, DEFAULT_SPOOLS));
    return [...reasons, ...self.reasons];
  }

  /** All that leads to the device, and what it is called by. */
  #state(list: readonly string[]): string {
    return [...list, ...this.#parts.self.addresses].join();
  }

  #list(): string[] {
    const { spool, mapper, explicit } = this.#parts;
    const held = spool.closing.flatMap((range) => mapper.occupiedIn(range));
    return [...spool.open, ...held, ...explicit()].map(formatIpv4Prefix);
  }
}
