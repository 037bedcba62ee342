/**
 * Writes ICMP errors of our own about packets that were refused (RFC 1122 §3.2.2, RFC 1812 §4.3.2; RFC 4443 §2.4).
 * Sending them, and not too many, is somebody else's.
 */
import type { Ipv4Address } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, Ipv6Words } from '../mapper/address/ipv6.ts';
import type { Refusal } from './header-buffer.ts';
import { isIllegalIpv4, isIllegalIpv6, isMulticastIpv4, isMulticastIpv6 } from './illegal-address.ts';
import type { PacketBuffer } from './packet-buffer.ts';
import { Ipv4Reading } from './read-ipv4.ts';
import { Ipv6Reading } from './read-ipv6.ts';
import { verdict } from './verdict.ts';
import { sumIpv6, sumPseudoHeader } from './wire/checksum.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/** The most octets of an error: what every host takes (RFC 1812 §4.3.2.3), what every link carries (RFC 4443 §2.4). */
const LONGEST_ICMPV4 = 576;
export const LONGEST_ICMP_ERROR = ipv6Header.MINIMUM_MTU;

/** Ours: time to live and hop limit of errors. */
const HOPS = 64;

/** The precedence of network control, which errors should have (RFC 1812 §4.3.2.5). */
const NETWORK_CONTROL = 0xc0;

const ipv4 = new Ipv4Reading();
const ipv6 = new Ipv6Reading();
const header4 = new ipv4Header.Ipv4Fields();
const header6 = new ipv6Header.Ipv6Fields();
const destination = new Ipv6Words();

/**
 * Writes an ICMPv4 error about `packet` into `to` at `at`, with as much of the packet as makes 576 octets. Returns its
 * length in octets, or 0 when no error may be sent: about an ICMP error, to or from an address that is not one host's,
 * about a later fragment.
 */
export function writeIcmpv4Error(
  packet: PacketBuffer,
  source: Ipv4Address,
  refusal: Refusal,
  to: DataView,
  at: number,
): number {
  if (ipv4.read(packet.view, packet.start, packet.length) !== verdict.translated) return 0;
  const sender = ipv4Header.source(packet.view, packet.start);
  if (ipv4.isIcmpError || ipv4.fragmentOffset !== 0) return 0;
  if (isIllegalIpv4(sender) || isMulticastIpv4(ipv4Header.destination(packet.view, packet.start))) return 0;
  const message = at + ipv4Header.LENGTH;
  const room = LONGEST_ICMPV4 - ipv4Header.LENGTH - icmp.LENGTH;
  const end = writeMessage(packet, ipv4.end, refusal, room, to, message);
  icmp.fillChecksum(to, message, end, 0);
  header4.typeOfService = NETWORK_CONTROL;
  header4.totalLength = end - at;
  header4.fragmentation = ipv4Header.flag.DONT_FRAGMENT;
  header4.timeToLive = HOPS;
  header4.protocol = protocol.ICMPV4;
  header4.source = source | 0;
  header4.destination = sender | 0;
  ipv4Header.emit(to, at, header4);
  return end - at;
}

/**
 * Writes an ICMPv6 error about `packet` into `to` at `at`, with as much of the packet as makes 1,280 octets. Returns
 * its length in octets, or 0 when no error may be sent; about a multicast packet only "packet too big" may.
 */
export function writeIcmpv6Error(
  packet: PacketBuffer,
  source: Ipv6Address,
  refusal: Refusal,
  to: DataView,
  at: number,
): number {
  const read = ipv6.read(packet.view, packet.start, packet.length);
  if (read !== verdict.translated && read !== verdict['dropped-extension-in-fragment']) return 0;
  ipv6Header.destination(packet.view, packet.start, destination);
  ipv6Header.source(packet.view, packet.start, header6.destination);
  if (ipv6.isIcmpError || isRedirect() || ipv6.fragmentOffset !== 0) return 0;
  if (isIllegalIpv6(header6.destination)) return 0;
  if (isMulticastIpv6(destination) && refusal.type !== icmpv6.type.PACKET_TOO_BIG) return 0;
  const message = at + ipv6Header.LENGTH;
  const room = LONGEST_ICMP_ERROR - ipv6Header.LENGTH - icmp.LENGTH;
  const end = writeMessage(packet, ipv6.end, refusal, room, to, message);
  header6.source.copy(source);
  const addresses = sumIpv6(header6.source) + sumIpv6(header6.destination);
  icmp.fillChecksum(to, message, end, addresses + sumPseudoHeader(end - message, protocol.ICMPV6));
  header6.payloadLength = end - message;
  header6.nextHeader = protocol.ICMPV6;
  header6.hopLimit = HOPS;
  ipv6Header.emit(to, at, header6);
  return end - at;
}

function isRedirect(): boolean {
  const { protocol: own, transport, end, view } = ipv6;
  return own === protocol.ICMPV6 && transport < end && icmp.type(view, transport) === icmpv6.type.REDIRECT;
}

/** Writes the ICMP header, its checksum still 0, and at most `room` octets of the packet. Returns where it ends. */
function writeMessage(
  packet: PacketBuffer,
  packetEnd: number,
  refusal: Refusal,
  room: number,
  to: DataView,
  at: number,
): number {
  icmp.emit(to, at, refusal.type, refusal.code, 0, refusal.parameter);
  const quote = at + icmp.LENGTH;
  const length = Math.min(packetEnd - packet.start, room);
  for (let index = 0; index < length; index++) {
    to.setUint8(quote + index, packet.view.getUint8(packet.start + index));
  }
  return quote + length;
}
