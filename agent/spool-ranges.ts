/**
 * The ranges of the spool over the life of a bump (M3): when a network of the host appears in the one in use, new mappings
 * are made in another, and those that are held end where they are.
 */
import { ipv4 } from '../mapper/address/ipv4.ts';
import { coverIpv4, formatIpv4Prefix, type Ipv4Prefix } from '../mapper/address/prefix.ts';
import type { AddressMapper } from '../mapper/address-mapper.ts';
import type { Connections } from '../mapper/mapping.ts';
import { chooseRange, DEFAULT_SELVES, DEFAULT_SPOOLS, isFree, rangesInOrder } from '../mapper/range.ts';
import type { Spool } from '../mapper/spool.ts';
import type { Reason } from './control/agent.ts';
import type { Log } from './log.ts';

export interface SpoolRangesParts {
  readonly spool: Spool;
  readonly mapper: Pick<AddressMapper, 'move' | 'occupiedIn'>;
  /** The range that was asked for. */
  readonly configured: Ipv4Prefix;
  /** The range of the device's own address, as it was asked for and as it is. */
  readonly configuredSelf: Ipv4Prefix;
  readonly self: Ipv4Prefix;
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
    const collision = spool.open.find((range) => !isFree(range, taken));
    if (collision === undefined) return;
    const from = formatIpv4Prefix(collision);
    const others = [...taken, ...spool.ranges, self, ...reserved()];
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
    const { spool, mapper, connections, changed, log } = this.#parts;
    if (spool.closing.length > 0 && this.#looks++ % LOOKS_PER_QUESTION === 0) void connections.ask();
    for (const range of spool.closing) {
      if (mapper.occupiedIn(range).length > 0) continue;
      spool.remove(range);
      changed();
      log.info({ range: formatIpv4Prefix(range) }, 'The last mapping of an earlier range of the spool has ended');
    }
    return this.#list().join() !== this.#said;
  }

  /**
   * What is to lead to the device: the open ranges, the addresses that are still held in others and no address beside them,
   * since those are somebody else's now, and explicit mappings.
   */
  prefixes(): readonly string[] {
    const list = this.#list();
    this.#said = list.join();
    return list;
  }

  get reasons(): readonly Reason[] {
    const { spool, configured, configuredSelf, self, mapper } = this.#parts;
    const reasons: Reason[] = [];
    if (this.#problem !== undefined) reasons.push({ code: 'spool-collision', text: this.#problem });
    for (const range of spool.closing) {
      if (isFree(range, this.#taken)) continue;
      const left = mapper.occupiedIn(range).length;
      const text = `The spool has moved away from ${formatIpv4Prefix(range)}, where a network of this host is; ${left} of its addresses are still held and hide those of that network.`;
      reasons.push({ code: 'spool-moved', text });
    }
    reasons.push(...elsewhere('spool', configured, spool.open, DEFAULT_SPOOLS));
    reasons.push(...elsewhere('self', configuredSelf, [self], DEFAULT_SELVES));
    if (!isFree(selfOf(self), this.#taken)) {
      const text = `A network of this host has ${formatIpv4Prefix(selfOf(self))}, the address of the device: whoever has it there cannot be reached until the next up, which takes another range.`;
      reasons.push({ code: 'self-collision', text });
    }
    return reasons;
  }

  #list(): string[] {
    const { spool, mapper, explicit } = this.#parts;
    const held = spool.closing.flatMap((range) => coverIpv4(mapper.occupiedIn(range)));
    return [...spool.open, ...held, ...explicit()].map(formatIpv4Prefix);
  }
}

/** The one address of the self range that is in use: that of the device. */
function selfOf(self: Ipv4Prefix): Ipv4Prefix {
  return { address: ipv4(self.address + 1), length: 32 };
}

/** That a range which somebody chose is another now; a default may be either of two, and nobody asked for it. */
function elsewhere(
  name: 'spool' | 'self',
  configured: Ipv4Prefix,
  used: readonly Ipv4Prefix[],
  defaults: readonly string[],
): Reason[] {
  const asked = formatIpv4Prefix(configured);
  const texts = used.map(formatIpv4Prefix);
  if (texts.includes(asked) || defaults.includes(asked)) return [];
  const text = `The configured ${name} range ${asked} is in use by a network of this host: ${texts.join(' ')} is used instead.`;
  return [{ code: `${name}-elsewhere`, text }];
}
