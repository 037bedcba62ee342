/**
 * Reassembles fragmented echo requests and replies, so that large pings can be translated: the checksum of ICMPv6
 * covers the length of the whole message, which no fragment knows (RFC 7915 §1.2). Nothing else is reassembled. Bounded
 * as S3 asks: 16 datagrams of 64 KiB are 1 MiB, each for 30 s at most, and the oldest gives way when all places are
 * taken; an overlap ends a datagram.
 */
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { fold, sumOctets } from '../../translator/wire/checksum.ts';
import * as fragmentHeader from '../../translator/wire/fragment.ts';
import * as icmpv4 from '../../translator/wire/icmpv4.ts';
import * as icmpv6 from '../../translator/wire/icmpv6.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import { protocol } from '../../translator/wire/protocol.ts';
import { addition, Datagram, KEY_WORDS } from './datagram.ts';

/** Ours: datagrams at once, and how long one may take (RFC 8200 §4.5 says 60 s, RFC 1122 §3.3.2 60 to 120 s). */
const MOST_DATAGRAMS = 16;
const MOST_MILLISECONDS = 30_000;

/** What the total length of IPv4 can say. */
const LONGEST_IPV4 = 65_535;

/** Octets of the headers that matter here (RFC 791 §3.1, RFC 8200 §3). */
const ipv4Field = { TOTAL_LENGTH: 2, FRAGMENTATION: 6, CHECKSUM: 10, SOURCE: 12, DESTINATION: 16 } as const;
const ipv6Field = { PAYLOAD_LENGTH: 4, NEXT_HEADER: 6, SOURCE: 8 } as const;

/** What became of a packet that was offered. */
export const offer = { NOT_OURS: 0, KEPT: 1, WHOLE: 2, DROPPED: 3 } as const;

/** Datagrams whose fragments come in; used by one thread. */
export class Reassembly {
  readonly #datagrams: Datagram[] = [];
  readonly #key = new Int32Array(KEY_WORDS);
  #whole: Datagram | undefined;

  /** How many datagrams wait for fragments. */
  get waiting(): number {
    return this.#datagrams.reduce((count, { since }) => count + (since === 0 ? 0 : 1), 0);
  }

  /** The datagram that the last offer made whole, if it said so. Good until the next offer. */
  get packet(): PacketBuffer {
    return (this.#whole as Datagram).packet;
  }

  /** Offers a packet that was received at `now` (milliseconds). `WHOLE`: translate `packet` instead of it. */
  offer(packet: PacketBuffer, now: number): number {
    const isIpv6 = packet.view.getUint8(packet.start) >>> 4 === 6;
    return isIpv6 ? this.#offerIpv6(packet, now) : this.#offerIpv4(packet, now);
  }

  #offerIpv4(packet: PacketBuffer, now: number): number {
    const { view, start, length } = packet;
    if (length < ipv4Header.LENGTH || ipv4Header.protocol(view, start) !== protocol.ICMPV4) return offer.NOT_OURS;
    const fragmentation = ipv4Header.fragmentation(view, start);
    const offset = (fragmentation & ipv4Header.OFFSET_MASK) * 8;
    const hasMore = (fragmentation & ipv4Header.flag.MORE_FRAGMENTS) !== 0;
    if (offset === 0 && !hasMore) return offer.NOT_OURS;
    if (!ipv4Header.isValid(view, start, length) || !ipv4Header.isChecksumRight(view, start)) return offer.DROPPED;
    const key = this.#key;
    key.fill(0);
    key[0] = 4;
    key[1] = view.getInt32(start + ipv4Field.SOURCE);
    key[2] = view.getInt32(start + ipv4Field.DESTINATION);
    key[3] = ipv4Header.identification(view, start);
    const header = ipv4Header.headerLength(view, start);
    const payload = ipv4Header.totalLength(view, start) - header;
    const outcome = this.#add(packet, header, header, payload, offset, !hasMore, now);
    return outcome === offer.WHOLE ? this.#finishIpv4() : outcome;
  }

  #offerIpv6(packet: PacketBuffer, now: number): number {
    const { view, start, length } = packet;
    const headers = ipv6Header.LENGTH + fragmentHeader.LENGTH;
    if (length < headers || ipv6Header.nextHeader(view, start) !== protocol.FRAGMENT) return offer.NOT_OURS;
    const at = start + ipv6Header.LENGTH;
    if (view.getUint8(at) !== protocol.ICMPV6) return offer.NOT_OURS;
    const offset = fragmentHeader.offset(view, at) * 8;
    const hasMore = fragmentHeader.hasMore(view, at);
    if (offset === 0 && !hasMore) return offer.NOT_OURS;
    const payload = ipv6Header.payloadLength(view, start) - fragmentHeader.LENGTH;
    if (payload <= 0 || headers + payload > length) return offer.DROPPED;
    const key = this.#key;
    key[0] = 6;
    for (let word = 0; word < 8; word++) key[1 + word] = view.getInt32(start + ipv6Field.SOURCE + 4 * word);
    key[9] = fragmentHeader.identification(view, at);
    const outcome = this.#add(packet, ipv6Header.LENGTH, headers, payload, offset, !hasMore, now);
    return outcome === offer.WHOLE ? this.#finishIpv6() : outcome;
  }

  #add(
    packet: PacketBuffer,
    header: number,
    headers: number,
    payload: number,
    offset: number,
    isLast: boolean,
    now: number,
  ): number {
    this.#whole = undefined;
    const datagram = this.#find(now);
    if (offset === 0) datagram.prepend(packet, packet.start, header);
    const outcome = datagram.add(packet, packet.start + headers, payload, offset, isLast);
    if (outcome === addition.PARTIAL) return offer.KEPT;
    datagram.since = 0;
    if (outcome === addition.WRONG) return offer.DROPPED;
    this.#whole = datagram;
    return offer.WHOLE;
  }

  /**
   * The datagram of the key, or a place for it. The kernel sends the fragments of a packet one right after the other, so
   * the oldest of many is one that lost a fragment: waiting for it would keep pings from passing for 30 s.
   */
  #find(now: number): Datagram {
    let free: Datagram | undefined;
    let oldest: Datagram | undefined;
    for (const datagram of this.#datagrams) {
      if (datagram.since !== 0 && now - datagram.since > MOST_MILLISECONDS) datagram.since = 0;
      if (datagram.since === 0) free ??= datagram;
      else if (this.#hasKey(datagram)) return datagram;
      else if (oldest === undefined || datagram.since < oldest.since) oldest = datagram;
    }
    const place = free ?? this.#newPlace() ?? (oldest as Datagram);
    place.begin(this.#key, now);
    return place;
  }

  /** One more place, unless there are as many as there may be. */
  #newPlace(): Datagram | undefined {
    if (this.#datagrams.length === MOST_DATAGRAMS) return undefined;
    // The one allocation, at most 16 times in a life: most hosts never see a fragmented ping.
    const place = new Datagram();
    this.#datagrams.push(place);
    return place;
  }

  #hasKey(datagram: Datagram): boolean {
    for (let word = 0; word < KEY_WORDS; word++) if (datagram.key[word] !== this.#key[word]) return false;
    return true;
  }

  #finishIpv4(): number {
    const { packet, firstOctet } = this.#whole as Datagram;
    const { view, start } = packet;
    const isEcho = firstOctet === icmpv4.type.ECHO || firstOctet === icmpv4.type.ECHO_REPLY;
    if (!isEcho || packet.length > LONGEST_IPV4) return offer.DROPPED;
    view.setUint16(start + ipv4Field.TOTAL_LENGTH, packet.length);
    view.setUint16(start + ipv4Field.FRAGMENTATION, 0);
    view.setUint16(start + ipv4Field.CHECKSUM, 0);
    const sum = sumOctets(view, start, start + ipv4Header.headerLength(view, start));
    view.setUint16(start + ipv4Field.CHECKSUM, ~fold(sum) & 0xffff);
    return offer.WHOLE;
  }

  #finishIpv6(): number {
    const { packet, payloadLength, firstOctet } = this.#whole as Datagram;
    if (firstOctet !== icmpv6.type.ECHO && firstOctet !== icmpv6.type.ECHO_REPLY) return offer.DROPPED;
    packet.view.setUint16(packet.start + ipv6Field.PAYLOAD_LENGTH, payloadLength);
    packet.view.setUint8(packet.start + ipv6Field.NEXT_HEADER, protocol.ICMPV6);
    return offer.WHOLE;
  }
}
