/**
 * What the translator asks of the address mapper, and all it asks: which address of the other family stands for this
 * one (RFC 6535 §2.2). The spool, the self entry, explicit and embedded mappings are such maps, and a list of them is one.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from './address/ipv6.ts';

/** Returned by `toIpv4` when there is no mapping. No address equals it: addresses are not negative. */
export const NO_ADDRESS = -1;

/** Maps addresses on the packet path: never throws, never waits, never allocates. */
export interface AddressMap {
  /** Writes the IPv6 address that stands for `ipv4` into `out`. Returns whether there is one; if not, `out` is undefined. */
  toIpv6(ipv4: Ipv4Address, out: Ipv6Words): boolean;
  /** The IPv4 address that stands for `ipv6`, or `NO_ADDRESS`. */
  toIpv4(ipv6: Ipv6Address): Ipv4Address | typeof NO_ADDRESS;
}

/** The first map of a list that knows an address answers for it. */
export class AddressMapList implements AddressMap {
  readonly #maps: readonly AddressMap[];

  constructor(maps: readonly AddressMap[]) {
    this.#maps = maps;
  }

  toIpv6(ipv4: Ipv4Address, out: Ipv6Words): boolean {
    for (const map of this.#maps) if (map.toIpv6(ipv4, out)) return true;
    return false;
  }

  toIpv4(ipv6: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    for (const map of this.#maps) {
      const ipv4 = map.toIpv4(ipv6);
      if (ipv4 !== NO_ADDRESS) return ipv4;
    }
    return NO_ADDRESS;
  }
}
