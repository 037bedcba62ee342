/**
 * The static self entry (RFC 6535 §2.4, M8): every IPv4 address of this host is embedded in the last 32 bits of one /96
 * of our own (RFC 4193 addresses, embedded as RFC 6052 §2.2 does), so that a socket keeps the address it is bound to.
 */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from './address/ipv6.ts';
import type { Ipv6Prefix } from './address/prefix.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import type { Spool } from './spool.ts';

/** Maps all of IPv4 but the spool to the self prefix and back. */
export class SelfMap implements AddressMap {
  readonly #prefix: Ipv6Address;
  readonly #spool: Spool;

  /** `prefix` is a /96. A spool address stands for a peer and is never ourselves, mapped or not (M16). */
  constructor(prefix: Ipv6Prefix, spool: Spool) {
    if (prefix.length !== 96) throw new RangeError(`the self prefix must be a /96, not a /${prefix.length}`);
    this.#prefix = prefix.address;
    this.#spool = spool;
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    if (this.#spool.position(address) >= 0) return false;
    out.w0 = this.#prefix.w0;
    out.w1 = this.#prefix.w1;
    out.w2 = this.#prefix.w2;
    out.w3 = address | 0;
    return true;
  }

  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    const own = this.#prefix;
    if (address.w0 !== own.w0 || address.w1 !== own.w1 || address.w2 !== own.w2) return NO_ADDRESS;
    const embedded = ipv4(address.w3);
    return this.#spool.position(embedded) >= 0 ? NO_ADDRESS : embedded;
  }
}
