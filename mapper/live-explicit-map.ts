/** Explicit mappings that change while packets are translated: each table is fixed, and another is put in its place. */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import type { AddressMap, NO_ADDRESS } from './address-map.ts';
import { ExplicitMap } from './explicit-map.ts';
import type { ExplicitPair } from './explicit-pair.ts';

export class LiveExplicitMap implements AddressMap {
  #map = new ExplicitMap([]);

  /** Throws a `RangeError` that names a pair that cannot be in the table; then everything stays as it was. */
  replace(pairs: readonly ExplicitPair[]): void {
    this.#map = new ExplicitMap(pairs);
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    return this.#map.toIpv6(address, out);
  }

  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    return this.#map.toIpv4(address);
  }

  /** Whether a pair holds `address`. */
  hasIpv4(address: Ipv4Address): boolean {
    return this.#map.hasIpv4(address);
  }
}
