/** IPv4 addresses embedded in IPv6 addresses of one prefix (RFC 6052 §2.2), in any of its six layouts. */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { type Ipv6Address, type Ipv6Words, parseIpv6 } from './address/ipv6.ts';
import { formatIpv6Prefix, type Ipv6Prefix, ipv6PrefixContains } from './address/prefix.ts';
import { type AddressMap, NO_ADDRESS } from './address-map.ts';
import { isGlobalIpv4 } from './global-ipv4.ts';

/** Lengths a prefix may have (RFC 6052 §2.2). */
const lengths: readonly number[] = [32, 40, 48, 56, 64, 96];

/** 64:ff9b::/96 (RFC 6052 §2.1), without its length. */
const wellKnown = parseIpv6('64:ff9b::');

/**
 * All of IPv4 under a prefix. Addresses that are never translated, such as loopback (RFC 6052 §5.1), have their place in it
 * like all others: the translator drops them in silence, while an address without a mapping would be a stranger's.
 */
export class EmbeddedMap implements AddressMap {
  readonly #prefix: Ipv6Prefix;
  readonly #onlyGlobal: boolean;

  /** Throws a `RangeError` when the prefix has another length, or bits 64 to 71 that are not zero. */
  constructor(prefix: Ipv6Prefix) {
    const text = formatIpv6Prefix(prefix);
    if (!lengths.includes(prefix.length)) throw new RangeError(`${text}: the length must be one of ${lengths.join()}`);
    if (prefix.address.w2 >>> 24 !== 0) throw new RangeError(`${text}: bits 64 to 71 must be zero`);
    this.#prefix = prefix;
    this.#onlyGlobal = wellKnown !== undefined && prefix.length === 96 && ipv6PrefixContains(prefix, wellKnown);
  }

  /** Embeds; the suffix is 0. The well-known prefix must not stand before an address that is not global (RFC 6052 §3.1). */
  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    if (this.#onlyGlobal && !isGlobalIpv4(address)) return false;
    const { w0, w1, w2 } = this.#prefix.address;
    out.w0 = w0;
    switch (this.#prefix.length) {
      case 32:
        out.w1 = address | 0;
        out.w2 = 0;
        out.w3 = 0;
        return true;
      case 40:
        out.w1 = w1 | (address >>> 8);
        out.w2 = (address & 0xff) << 16;
        out.w3 = 0;
        return true;
      case 48:
        out.w1 = w1 | (address >>> 16);
        out.w2 = (address & 0xffff) << 8;
        out.w3 = 0;
        return true;
      case 56:
        out.w1 = w1 | (address >>> 24);
        out.w2 = address & 0xffffff;
        out.w3 = 0;
        return true;
      case 64:
        out.w1 = w1;
        out.w2 = address >>> 8;
        out.w3 = address << 24;
        return true;
      default:
        out.w1 = w1;
        out.w2 = w2;
        out.w3 = address | 0;
        return true;
    }
  }

  /** Extracts; bits 64 to 71 and the suffix may hold anything (RFC 6052 §2.3). */
  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    if (!ipv6PrefixContains(this.#prefix, address)) return NO_ADDRESS;
    const embedded = this.#extract(address);
    return this.#onlyGlobal && !isGlobalIpv4(embedded) ? NO_ADDRESS : embedded;
  }

  #extract({ w1, w2, w3 }: Ipv6Address): Ipv4Address {
    switch (this.#prefix.length) {
      case 32:
        return ipv4(w1);
      case 40:
        return ipv4((w1 << 8) | ((w2 >>> 16) & 0xff));
      case 48:
        return ipv4((w1 << 16) | ((w2 >>> 8) & 0xffff));
      case 56:
        return ipv4((w1 << 24) | (w2 & 0xffffff));
      case 64:
        return ipv4((w2 << 8) | (w3 >>> 24));
      default:
        return ipv4(w3);
    }
  }
}
