/**
 * The map for a packet that turns round in the translator, from one explicit mapping to another (RFC 7757 §4.2.2): on its
 * way back to IPv6 one address is that of the peer as its partner knows it, which is the embedded one.
 */
import type { Ipv4Address } from './address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import type { EmbeddedMap } from './embedded-map.ts';
import type { ExplicitMap } from './explicit-map.ts';

/** Explicit mappings first, then embedded ones, but for `peer`. Only for the way from IPv4 back to IPv6. */
export class HairpinMap implements AddressMap {
  readonly #explicit: ExplicitMap;
  readonly #embedded: EmbeddedMap;
  /** The address that is embedded although there is an explicit mapping; set for every packet. */
  peer: Ipv4Address | typeof NO_ADDRESS = NO_ADDRESS;

  constructor(explicit: ExplicitMap, embedded: EmbeddedMap) {
    this.#explicit = explicit;
    this.#embedded = embedded;
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    return (address !== this.peer && this.#explicit.toIpv6(address, out)) || this.#embedded.toIpv6(address, out);
  }

  /** Nothing comes from IPv6 this way. */
  toIpv4(_address: Ipv6Address): typeof NO_ADDRESS {
    return NO_ADDRESS;
  }
}
