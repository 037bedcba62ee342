/**
 * Makes way for an explicit mapping of a prefix (M17): the spool's mappings of the peers in it end, all of them or, while
 * one is held, none. There may be a million, so they are looked through in slices, and those made meanwhile are heard of.
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import { type Ipv6Prefix, ipv6PrefixContains } from '../../mapper/address/prefix.ts';
import type { AddressMapper } from '../../mapper/address-mapper.ts';
import type { Newcomers } from './newcomers.ts';

/** Mappings of one slice: less than a millisecond. */
const SLICE = 256;

export interface PeersWithinParts {
  readonly mapper: Pick<AddressMapper, 'addresses' | 'mappingOf' | 'isHeld' | 'remove'>;
  readonly newcomers: Pick<Newcomers, 'follow'>;
}

export class PeersWithin {
  readonly #parts: PeersWithinParts;
  readonly #prefix: Ipv6Prefix;
  readonly #isForced: boolean;
  /** Called in a later turn when there is more to do. */
  readonly #goOn: () => void;
  readonly #found = new Set<Ipv4Address>();
  readonly #steps: Generator<'more' | 'held', void>;
  readonly #stopFollowing: () => void;
  #next: NodeJS.Immediate | undefined;

  /** With `isForced`, mappings that are held end too. */
  constructor(parts: PeersWithinParts, prefix: Ipv6Prefix, isForced: boolean, goOn: () => void) {
    this.#parts = parts;
    this.#prefix = prefix;
    this.#isForced = isForced;
    this.#goOn = goOn;
    this.#steps = this.#work();
    this.#stopFollowing = parts.newcomers.follow((ipv6, ipv4) => {
      if (ipv6PrefixContains(prefix, ipv6)) this.#found.add(ipv4);
    });
  }

  /** Does a slice. Returns whether none of those mappings is left; if not, it is to be called again, in a second or by `goOn`. */
  makeWay(): boolean {
    const { value, done } = this.#steps.next();
    if (done) return true;
    clearImmediate(this.#next);
    if (value === 'more') this.#next = setImmediate(this.#goOn);
    return false;
  }

  /** Gives up; what has been ended stays so. */
  end(): void {
    clearImmediate(this.#next);
    this.#stopFollowing();
  }

  *#work(): Generator<'more' | 'held', void> {
    const { mapper } = this.#parts;
    let looks = 0;
    for (const address of mapper.addresses()) {
      if (address === undefined || ++looks % SLICE === 0) yield 'more';
      if (address !== undefined && this.#isWithin(address)) this.#found.add(address);
    }
    for (;;) {
      // Who comes meanwhile is added behind, and looked at in this round.
      for (const address of this.#found) {
        while (this.#isInTheWay(address)) yield 'held';
        if (++looks % SLICE === 0) yield 'more';
      }
      for (const address of this.#found) {
        if (this.#isInTheWay(address)) break;
        if (this.#isWithin(address)) mapper.remove(address, 'replaced');
        this.#found.delete(address);
        if (++looks % SLICE === 0 && this.#found.size > 0) yield 'more';
      }
      if (this.#found.size === 0) return;
    }
  }

  #isInTheWay(address: Ipv4Address): boolean {
    return !this.#isForced && this.#isWithin(address) && this.#parts.mapper.isHeld(address);
  }

  /** Whether it stands for a peer in the prefix now: one that was found may be somebody else's meanwhile. */
  #isWithin(address: Ipv4Address): boolean {
    const mapping = this.#parts.mapper.mappingOf(address);
    return mapping !== undefined && ipv6PrefixContains(this.#prefix, mapping.ipv6);
  }
}
