/**
 * Which packets would go round in circles. Routed to the device are addresses of the spool, of explicit mappings and of
 * the self prefix, and what the kernel sends there by mistake. Addresses that are nobody's are left to the translator.
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import { Ipv6Words } from '../../mapper/address/ipv6.ts';
import type { Ipv6Prefix } from '../../mapper/address/prefix.ts';
import type { Spool } from '../../mapper/spool.ts';
import { isIllegalIpv4, isIllegalIpv6 } from '../../translator/illegal-address.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';

export interface LoopGuardParts {
  readonly spool: Spool;
  /** Explicit mappings, whose addresses are routed here as those of the spool are. */
  readonly explicit?: { hasIpv4(address: Ipv4Address): boolean };
  /** The self prefix, a /96. */
  readonly self: Ipv6Prefix;
}

/** Asked about every packet; used by one thread. */
export class LoopGuard {
  readonly #parts: LoopGuardParts;
  readonly #address = new Ipv6Words();

  constructor(parts: LoopGuardParts) {
    this.#parts = parts;
  }

  /**
   * Whether an IPv4 packet would come back: only addresses that stand for peers are routed here, and what comes for
   * another address, or from one of those, would go round through the self prefix.
   */
  isLoop4({ view, start, length }: PacketBuffer): boolean {
    if (!ipv4Header.hasHeader(view, start, length)) return false;
    const destination = ipv4Header.destination(view, start);
    if (isIllegalIpv4(destination)) return false;
    return !this.#isPeer(destination) || this.#isPeer(ipv4Header.source(view, start));
  }

  /** The same for IPv6: only the self prefix is routed here, and what comes from it is on its way out. */
  isLoop6({ view, start, length }: PacketBuffer): boolean {
    if (!ipv6Header.hasHeader(view, start, length)) return false;
    const address = this.#address;
    ipv6Header.destination(view, start, address);
    if (isIllegalIpv6(address)) return false;
    if (!this.#isSelf(address)) return true;
    ipv6Header.source(view, start, address);
    return this.#isSelf(address);
  }

  #isPeer(address: Ipv4Address): boolean {
    const { spool, explicit } = this.#parts;
    return spool.position(address) >= 0 || explicit?.hasIpv4(address) === true;
  }

  #isSelf(address: Ipv6Words): boolean {
    const self = this.#parts.self.address;
    return address.w0 === self.w0 && address.w1 === self.w1 && address.w2 === self.w2;
  }
}
