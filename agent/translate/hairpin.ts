/**
 * Packets from one explicit mapping to another that come by way of IPv4 (RFC 7757 §4): the sender knows its peer by the
 * embedded address. Such a packet is turned round at once, "intrinsically" (§4.2.2), so that the peer in its turn sees
 * the sender's embedded address and answers to that.
 */
import { Ipv6Words } from '../../mapper/address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from '../../mapper/address-map.ts';
import type { EmbeddedMap } from '../../mapper/embedded-map.ts';
import type { ExplicitMap } from '../../mapper/explicit-map.ts';
import { HairpinMap } from '../../mapper/hairpin-map.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { Ipv6Reading } from '../../translator/read-ipv6.ts';
import { verdict } from '../../translator/verdict.ts';
import * as icmp from '../../translator/wire/icmp.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';

/** Tells which packets turn round, and what the translator needs to do it. */
export class Hairpin {
  readonly #explicit: ExplicitMap;
  readonly #embedded: EmbeddedMap;
  readonly #maps: HairpinMap;
  readonly #reading = new Ipv6Reading();
  readonly #address = new Ipv6Words();
  /** The path for the way back: a hop that was counted is not counted again. */
  readonly path: PathMtu;

  constructor(explicit: ExplicitMap, embedded: EmbeddedMap, path: PathMtu) {
    this.#explicit = explicit;
    this.#embedded = embedded;
    this.#maps = new HairpinMap(explicit, embedded);
    this.path = Object.assign(new PathMtu(), path, { hideHop: true });
  }

  /**
   * Whether a packet that could be translated turns round: it is for a peer with an explicit mapping by its embedded
   * address, or it is an error about a packet that was turned round (RFC 7757 §4.2.2, A and B).
   */
  turns(packet: PacketBuffer): boolean {
    const { view, start, length } = packet;
    if (this.#reading.read(view, start, length) !== verdict.translated) return false;
    if (this.#reading.isIcmpError) ipv6Header.source(view, this.#reading.transport + icmp.LENGTH, this.#address);
    else ipv6Header.destination(view, start, this.#address);
    return this.#isEmbeddedPeer();
  }

  /**
   * The map for the way back of the packet that `turns` was asked about, which is IPv4 in `piece` now: the sender's
   * explicit mapping does not hold, in an error that of the host which the packet in error was for. Returns `undefined`
   * for a packet from a host to itself, which would come back for ever.
   */
  mapsBack(piece: DataView): AddressMap | undefined {
    const quote = ipv4Header.LENGTH + icmp.LENGTH;
    const isError = this.#reading.isIcmpError;
    this.#maps.peer = isError ? ipv4Header.destination(piece, quote) : ipv4Header.source(piece, 0);
    return this.#maps.peer === ipv4Header.destination(piece, 0) ? undefined : this.#maps;
  }

  /** Whether the address at hand is embedded and that of a host with an explicit mapping. */
  #isEmbeddedPeer(): boolean {
    if (this.#explicit.toIpv4(this.#address) !== NO_ADDRESS) return false;
    const embedded = this.#embedded.toIpv4(this.#address);
    return embedded !== NO_ADDRESS && this.#explicit.hasIpv4(embedded);
  }
}
