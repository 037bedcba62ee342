/** The address mapper and explicit mappings as one, for those who ask by address: an explicit mapping comes first. */
import type { Ipv4Address } from './address/ipv4.ts';
import { type Ipv6Address, Ipv6Words, ipv6, ipv6Equals } from './address/ipv6.ts';
import { NO_ADDRESS } from './address-map.ts';
import type { AddressMapper } from './address-mapper.ts';
import type { LiveExplicitMap } from './live-explicit-map.ts';
import type { Promised } from './mapping.ts';

export class MappingsWithExplicit {
  readonly #mapper: Pick<AddressMapper, 'assign' | 'makeRoomFor' | 'mappingOf' | 'isSpool'>;
  readonly #explicit: LiveExplicitMap;
  readonly #words = new Ipv6Words();

  constructor(
    mapper: Pick<AddressMapper, 'assign' | 'makeRoomFor' | 'mappingOf' | 'isSpool'>,
    explicit: LiveExplicitMap,
  ) {
    this.#mapper = mapper;
    this.#explicit = explicit;
  }

  /** As `AddressMapper` does; those with an explicit mapping take no room. */
  async makeRoomFor(addresses: readonly Ipv6Address[]): Promise<readonly Ipv6Address[]> {
    const rest = addresses.filter((address) => this.#fixed(address) === undefined);
    const chosen = new Set(await this.#mapper.makeRoomFor(rest));
    return addresses.filter((address) => chosen.has(address) || this.#fixed(address) !== undefined);
  }

  assign(address: Ipv6Address, promise: Promised): Ipv4Address | undefined {
    return this.#fixed(address) ?? this.#mapper.assign(address, promise);
  }

  mappingOf(address: Ipv4Address): { readonly ipv6: Ipv6Address; readonly names: readonly string[] } | undefined {
    const words = this.#words;
    if (!this.#explicit.toIpv6(address, words)) return this.#mapper.mappingOf(address);
    return { ipv6: ipv6(words.w0, words.w1, words.w2, words.w3), names: [] };
  }

  /** Whether an address stands for a peer, or may one day. */
  isSpool(address: Ipv4Address): boolean {
    return this.#mapper.isSpool(address) || this.#explicit.hasIpv4(address);
  }

  /** The IPv4 address that is fixed for a peer, if it leads back to it: prefixes may overlap (RFC 7757 §3.2). */
  #fixed(address: Ipv6Address): Ipv4Address | undefined {
    const ipv4 = this.#explicit.toIpv4(address);
    if (ipv4 === NO_ADDRESS) return undefined;
    return this.#explicit.toIpv6(ipv4, this.#words) && ipv6Equals(this.#words, address) ? ipv4 : undefined;
  }
}
