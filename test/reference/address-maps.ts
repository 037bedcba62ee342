/** Address maps for tests that are nothing but arithmetic. */

import { type Ipv4Address, ipv4 } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address, Ipv6Words } from '../../mapper/address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from '../../mapper/address-map.ts';

/** Every IPv4 address under one /96, given as its first three words. */
export class EmbeddingMap implements AddressMap {
  readonly #words: readonly [number, number, number];

  constructor(w0: number, w1: number, w2: number) {
    this.#words = [w0 | 0, w1 | 0, w2 | 0];
  }

  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    out.set(...this.#words, address);
    return true;
  }

  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    const [w0, w1, w2] = this.#words;
    return address.w0 === w0 && address.w1 === w1 && address.w2 === w2 ? ipv4(address.w3) : NO_ADDRESS;
  }
}

/** The map of the examples: 172.21.112.0/20 is fd00::/96, and 10.170.160.1 to .99 are 2001:db8::1 to ::63. */
export const exampleMap: AddressMap = {
  toIpv6(address: Ipv4Address, out: Ipv6Words): boolean {
    if (address >>> 12 === 0xac157) out.set(0xfd000000, 0, 0, address);
    else if (address > 0x0aaaa000 && address < 0x0aaaa064) out.set(0x20010db8, 0, 0, address & 255);
    else return false;
    return true;
  },
  toIpv4(address: Ipv6Address): Ipv4Address | typeof NO_ADDRESS {
    const { w0, w1, w2, w3 } = address;
    if (w1 !== 0 || w2 !== 0) return NO_ADDRESS;
    if (w0 === (0xfd000000 | 0) && w3 >>> 12 === 0xac157) return ipv4(w3);
    return w0 === 0x20010db8 && w3 > 0 && w3 < 100 ? ipv4(0x0aaaa000 | w3) : NO_ADDRESS;
  },
};
