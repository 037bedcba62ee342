/**
 * Cuts a packet that is to be segmented (virtio 1.2 §5.1.6) into the packets it stands for, as a network card would: for
 * segments that must be fragmented or refused, which is decided for each of them alone.
 */
import { gso, PacketBuffer } from './packet-buffer.ts';
import { type Verdict, verdict } from './verdict.ts';
import { fold, sumOctets } from './wire/checksum.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import * as tcp from './wire/tcp.ts';
import * as udp from './wire/udp.ts';

/**
 * Whether an outcome is that of a packet whose segments do not all fit whole: it says nothing about any of them, and each
 * is to be translated for itself.
 */
export function isUpToSegments(outcome: Verdict, packet: PacketBuffer): boolean {
  return outcome === verdict['refused-packet-too-big'] && packet.offload.gsoType !== gso.NONE;
}

/** The segments of one packet after the other, in a buffer that is made once. */
export class Segments {
  /** The segment at hand: a whole packet with right checksums and nothing left to do. */
  readonly packet = new PacketBuffer();
  #whole = this.packet;
  #isIpv6 = false;
  #isTcp = false;
  /** Octets of all headers, and of those in front of the transport header. */
  #headers = 0;
  #transport = 0;
  /** Octets of payload in all segments, in each but the last, and in those that were cut. */
  #payload = 0;
  #size = 0;
  #done = 0;
  /** How many were cut. */
  #count = 0;

  /** Begins with a packet that a translator has read and found too big; it must stay as it is until the last segment. */
  begin(whole: PacketBuffer): void {
    const { view, start, offload } = whole;
    this.#whole = whole;
    this.#isIpv6 = view.getUint8(start) >>> 4 === 6;
    this.#isTcp = offload.gsoType !== gso.UDP_L4;
    this.#transport = offload.checksumStart;
    this.#headers = this.#transport + (this.#isTcp ? tcp.headerLength(view, start + this.#transport) : udp.LENGTH);
    const length = this.#isIpv6
      ? ipv6Header.LENGTH + ipv6Header.payloadLength(view, start)
      : ipv4Header.totalLength(view, start);
    this.#payload = length - this.#headers;
    this.#size = offload.gsoSize;
    this.#done = 0;
    this.#count = 0;
  }

  /** Cuts the next segment. Returns whether there was one. */
  next(): boolean {
    const rest = this.#payload - this.#done;
    if (rest <= 0 && this.#count > 0) return false;
    const length = Math.min(rest, this.#size);
    this.#copy(length);
    this.#writeIpHeader();
    if (this.#isTcp) this.#writeTcpHeader(rest === length);
    else this.packet.view.setUint16(this.#transport + udp.field.LENGTH, udp.LENGTH + length);
    this.#writeChecksum();
    this.#done += length;
    this.#count++;
    return true;
  }

  /** All headers as they are, and `length` octets of the payload. */
  #copy(length: number): void {
    const { bytes, start } = this.#whole;
    const to = this.packet.bytes;
    const headers = this.#headers;
    const from = start + this.#done;
    for (let at = 0; at < headers; at++) to[at] = bytes[start + at] as number;
    for (let at = headers; at < headers + length; at++) to[at] = bytes[from + at] as number;
    this.packet.length = headers + length;
  }

  /** Length, and in IPv4 an identification of its own: they count on from the packet's. */
  #writeIpHeader(): void {
    const { view, length } = this.packet;
    if (this.#isIpv6) ipv6Header.setPayloadLength(view, 0, length - ipv6Header.LENGTH);
    else {
      ipv4Header.setIdentification(view, 0, ipv4Header.identification(view, 0) + this.#count);
      ipv4Header.setPiece(view, 0, length, ipv4Header.fragmentation(view, 0));
    }
  }

  /** FIN and PSH are the last segment's, CWR is the first one's (RFC 3168 §6.1.2). */
  #writeTcpHeader(isLast: boolean): void {
    const { view } = this.packet;
    const at = this.#transport;
    const dropped = (isLast ? 0 : tcp.flag.FIN | tcp.flag.PSH) | (this.#count === 0 ? 0 : tcp.flag.CWR);
    view.setUint8(at + tcp.field.FLAGS, tcp.flags(view, at) & ~dropped);
    view.setUint32(at + tcp.field.SEQUENCE, tcp.sequence(view, at) + this.#done);
  }

  /** Completes the checksum from the sum that its field holds, which is that of the whole packet's pseudo-header. */
  #writeChecksum(): void {
    const { view, length } = this.packet;
    const at = this.#transport;
    const field = at + this.#whole.offload.checksumOffset;
    const lengths = length - at + ((this.#headers + this.#payload - at) ^ 0xffff);
    const partial = view.getUint16(field);
    view.setUint16(field, 0);
    const checksum = fold(partial + lengths + sumOctets(view, at, length)) ^ 0xffff;
    view.setUint16(field, checksum === 0 && !this.#isTcp ? 0xffff : checksum);
  }
}
