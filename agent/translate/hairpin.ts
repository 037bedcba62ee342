/**
 * Which packets turn round: those from one explicit mapping to another that come by way of IPv4 (RFC 7757 §4). Each knows
 * its peer by the embedded address. `translator/hairpin.ts` does it, here is the question whether.
 */
import { Ipv6Words } from '../../mapper/address/ipv6.ts';
import { NO_ADDRESS } from '../../mapper/address-map.ts';
import type { EmbeddedMap } from '../../mapper/embedded-map.ts';
import type { ExplicitMap } from '../../mapper/explicit-map.ts';
import { HairpinMap } from '../../mapper/hairpin-map.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { Ipv6Reading } from '../../translator/read-ipv6.ts';
import { verdict } from '../../translator/verdict.ts';
import * as icmp from '../../translator/wire/icmp.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';

/** Tells which packets turn round, and holds the map for their way back. */
export class Hairpin {
  readonly map: HairpinMap;
  readonly #explicit: ExplicitMap;
  readonly #embedded: EmbeddedMap;
  readonly #reading = new Ipv6Reading();
  readonly #address = new Ipv6Words();

  constructor(explicit: ExplicitMap, embedded: EmbeddedMap) {
    this.map = new HairpinMap(explicit, embedded);
    this.#explicit = explicit;
    this.#embedded = embedded;
  }

  /**
   * Whether an IPv6 packet that could be translated turns round: it is for a peer with an explicit mapping by its
   * embedded address, or it is an error about a packet that was turned round (RFC 7757 §4.2.2, A and B).
   */
  turns(packet: PacketBuffer): boolean {
    const { view, start, length } = packet;
    const reading = this.#reading;
    if (reading.read(view, start, length) !== verdict.translated) return false;
    if (reading.isIcmpError) ipv6Header.source(view, reading.transport + icmp.LENGTH, this.#address);
    else ipv6Header.destination(view, start, this.#address);
    return this.#isEmbeddedPeer();
  }

  /**
   * Whether the packet that has just turned round is from a host to itself, and would come back for ever; `again` is
   * what it was as IPv4.
   */
  isLoop(again: PacketBuffer): boolean {
    return this.map.peer === ipv4Header.destination(again.view, again.start);
  }

  /** Whether the address at hand is embedded and that of a host with an explicit mapping. */
  #isEmbeddedPeer(): boolean {
    if (this.#explicit.toIpv4(this.#address) !== NO_ADDRESS) return false;
    const embedded = this.#embedded.toIpv4(this.#address);
    return embedded !== NO_ADDRESS && this.#explicit.hasIpv4(embedded);
  }
}
