/**
 * Datagrams of one flow, joined into one packet that the kernel cuts again (virtio 1.2 §5.1.6, `VIRTIO_NET_HDR_GSO_UDP_L4`):
 * what a program sends at once is written at once, so that routing, netfilter and the way to the next device are walked
 * once for all. What arrives is what would have without; `translator/segments.ts` is the way back.
 */
import { HEADROOM, HeaderBuffer } from '../../translator/header-buffer.ts';
import { gso, PacketBuffer } from '../../translator/packet-buffer.ts';
import { difference, fold, sumOctets, sumPseudoHeader } from '../../translator/wire/checksum.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import { protocol } from '../../translator/wire/protocol.ts';
import * as udp from '../../translator/wire/udp.ts';

/** The most datagrams in a packet (`UDP_MAX_SEGMENTS` of the first kernels), and octets: more no length field can say. */
const MOST_DATAGRAMS = 64;
const MOST_OCTETS = 65_535;

/** Octets of both headers. */
const HEADERS4 = ipv4Header.LENGTH + udp.LENGTH;
const HEADERS6 = ipv6Header.LENGTH + udp.LENGTH;

/** Bits of the headers' words that are the same in all datagrams: not lengths, checksums and, in IPv4, identifications. */
const same4 = new Int32Array([0xffff_0000, 0x0000_ffff, 0xffff_0000, -1, -1, -1, 0]);
const same6 = new Int32Array([-1, 0x0000_ffff, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0]);

/** In the place of a sum: this is no datagram, or one that cannot be joined with others. */
const NO_SUM = -1;

/** Some datagrams, in buffers that are made once. They come as pieces, as translators leave them. */
export class JoinedDatagrams {
  /** How many there are. */
  count = 0;
  /** All of them as one packet of one piece, once `finish` was called. */
  readonly headers = new HeaderBuffer();
  readonly payload = new PacketBuffer();
  /** Octets of payload in each datagram; the last may have fewer, and then none comes behind it. */
  #size = 0;
  #mayGrow = false;
  /** Of the first datagram's pseudo-header. */
  #sum = 0;

  constructor() {
    this.headers.count = 1;
    this.headers.payloadStart[0] = 0;
  }

  /** Begins with a copy of the only piece of `out`, and none else. Returns whether it may be joined with others. */
  begin(out: HeaderBuffer, packet: PacketBuffer): boolean {
    const sum = datagramSum(out, packet);
    if (sum === NO_SUM) return false;
    const headers = out.headerLength[0] as number;
    copy(out.view, out.headerStart[0] as number, this.headers.view, HEADROOM, headers);
    this.headers.headerLength[0] = headers;
    this.headers.payloadLength[0] = 0;
    Object.assign(this.headers.offload, out.offload);
    this.count = 0;
    this.#size = out.payloadLength[0] as number;
    this.#sum = sum;
    this.#append(out, packet);
    return true;
  }

  /** Adds a copy of the only piece of `out`. Returns whether it goes with those that are there. */
  add(out: HeaderBuffer, packet: PacketBuffer): boolean {
    if (this.count === 0 || !this.#mayGrow || this.count === MOST_DATAGRAMS) return false;
    const length = out.payloadLength[0] as number;
    const { headerLength, payloadLength, view } = this.headers;
    const octets = (headerLength[0] as number) + (payloadLength[0] as number) + length;
    if (length > this.#size || octets > MOST_OCTETS || out.headerLength[0] !== headerLength[0]) return false;
    if (!isSameFlow(view, HEADROOM, out.view, out.headerStart[0] as number, this.count)) return false;
    const sum = datagramSum(out, packet);
    if (sum === NO_SUM || fold(sum + difference(this.#size, length)) !== this.#sum) return false;
    this.#append(out, packet);
    return true;
  }

  /** Makes one packet of all. A datagram that is alone stays as it was. */
  finish(): void {
    if (this.count < 2) return;
    const { headerLength, payloadLength, offload, view } = this.headers;
    const transport = (headerLength[0] as number) - udp.LENGTH;
    const at = HEADROOM + transport;
    const length = udp.LENGTH + (payloadLength[0] as number);
    view.setUint16(at + udp.field.CHECKSUM, fold(this.#sum + difference(length, udp.LENGTH + this.#size)));
    view.setUint16(at + udp.field.LENGTH, length);
    if (transport === ipv6Header.LENGTH) ipv6Header.setPayloadLength(view, HEADROOM, length);
    else ipv4Header.setPiece(view, HEADROOM, transport + length, ipv4Header.fragmentation(view, HEADROOM));
    offload.needsChecksum = true;
    offload.checksumStart = transport;
    offload.checksumOffset = udp.field.CHECKSUM;
    offload.headerLength = headerLength[0] as number;
    offload.gsoType = gso.UDP_L4;
    offload.gsoSize = this.#size;
  }

  #append(out: HeaderBuffer, packet: PacketBuffer): void {
    const { payloadLength } = this.headers;
    const length = out.payloadLength[0] as number;
    const behind = payloadLength[0] as number;
    copy(packet.view, out.payloadStart[0] as number, this.payload.view, behind, length);
    payloadLength[0] = behind + length;
    this.#mayGrow = length === this.#size;
    this.count++;
  }
}

/**
 * Whether the headers of UDP at `other` may follow those at `first`, with `between` from one to the other: all is the same
 * that says where a datagram goes and how. The kernel numbers IPv4 datagrams from the first on. Those that must not be
 * fragmented all have 0 from us, and 0, 1, 2 … then: nobody may read anything in it (RFC 6864 §4.1).
 */
export function isSameFlow(a: DataView, first: number, b: DataView, other: number, between: number): boolean {
  const isIpv4 = a.getUint8(first) >>> 4 === 4;
  const same = isIpv4 ? same4 : same6;
  for (let word = 0; word < same.length; word++) {
    const at = 4 * word;
    if (((a.getInt32(first + at) ^ b.getInt32(other + at)) & (same[word] as number)) !== 0) return false;
  }
  if (!isIpv4 || (ipv4Header.fragmentation(a, first) & ipv4Header.flag.DONT_FRAGMENT) !== 0) return true;
  return ((ipv4Header.identification(b, other) - ipv4Header.identification(a, first)) & 0xffff) === between;
}

/**
 * The sum of the pseudo-header of a whole datagram that can be one of several, folded; else `NO_SUM`. The kernel writes the
 * checksums of all, so those that are there have to be right: a wrong one must stay wrong.
 */
function datagramSum(out: HeaderBuffer, packet: PacketBuffer): number {
  const { offload, view } = out;
  const at = out.headerStart[0] as number;
  const payload = out.payloadLength[0] as number;
  if (out.count !== 1 || payload === 0 || offload.gsoType !== gso.NONE) return NO_SUM;
  const isIpv4 = view.getUint8(at) >>> 4 === 4;
  if (out.headerLength[0] !== (isIpv4 ? HEADERS4 : HEADERS6) || !isWholeUdp(view, at, isIpv4)) return NO_SUM;
  const transport = isIpv4 ? ipv4Header.LENGTH : ipv6Header.LENGTH;
  const header = at + transport;
  const length = udp.length(view, header);
  if (length !== udp.LENGTH + payload) return NO_SUM;
  const checksum = udp.checksum(view, header);
  if (offload.needsChecksum) return offload.checksumStart === transport ? checksum : NO_SUM;
  const addresses = at + (isIpv4 ? ipv4Header.field.SOURCE : ipv6Header.field.SOURCE);
  const sum = fold(sumOctets(view, addresses, header) + sumPseudoHeader(length, protocol.UDP));
  const from = out.payloadStart[0] as number;
  const all = sum + sumOctets(view, header, header + udp.LENGTH) + sumOctets(packet.view, from, from + payload);
  return checksum !== 0 && fold(all) === 0xffff ? sum : NO_SUM;
}

/** Whether a header is followed by UDP, and the packet no fragment. */
function isWholeUdp(view: DataView, at: number, isIpv4: boolean): boolean {
  if (!isIpv4) return ipv6Header.nextHeader(view, at) === protocol.UDP;
  const isFragment = (ipv4Header.fragmentation(view, at) & ~ipv4Header.flag.DONT_FRAGMENT) !== 0;
  return ipv4Header.protocol(view, at) === protocol.UDP && !isFragment;
}

function copy(from: DataView, start: number, to: DataView, at: number, length: number): void {
  let done = 0;
  for (; done + 4 <= length; done += 4) to.setInt32(at + done, from.getInt32(start + done));
  for (; done < length; done++) to.setUint8(at + done, from.getUint8(start + done));
}
