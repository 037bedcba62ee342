/**
 * RFC 7915 for packets that are no ICMP errors, on arrays of octets: slow and obvious, from the text of the RFC and
 * sharing no line with the translator. Checksums are computed anew, so they must have been right; addresses are
 * those of one /96; nothing is refused.
 */
import { referenceChecksum } from './checksum.ts';

export type Octets = readonly number[];

/** The first 12 octets of every IPv6 address. */
export const REFERENCE_PREFIX: Octets = [0x20, 0x01, 0x0d, 0xb8, 0, 0x64, 0, 0, 0, 0, 0, 0];

const CHECKSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6 };
const EXTENSIONS: Octets = [0, 43, 60];

export function two(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

export function wordAt(octets: Octets, at: number): number {
  return (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
}

/** The data of fragments with `room` octets each: multiples of 8, but for the last. */
function chunks(octets: Octets, room: number): Octets[] {
  if (octets.length <= room) return [octets];
  const size = room - (room % 8);
  return [octets.slice(0, size), ...chunks(octets.slice(size), room)];
}

/** A whole transport message in the other family: type and checksum. */
function transportOf(message: Octets, from: number, to: number, pseudoAddresses: Octets): Octets {
  const result = [...message];
  if (from === 1 || from === 58) result[0] = { 8: 128, 0: 129, 128: 8, 129: 0 }[message[0] ?? 0] ?? 0;
  const at = from === 1 || from === 58 ? 2 : CHECKSUM_AT[from];
  if (at === undefined) return result;
  result[at] = 0;
  result[at + 1] = 0;
  const pseudoHeader = to === 1 ? [] : [...pseudoAddresses, ...two(message.length), 0, to];
  const checksum = referenceChecksum([...pseudoHeader, ...result]);
  [result[at], result[at + 1]] = two(from === 17 && checksum === 0 ? 0xffff : checksum) as [number, number];
  return result;
}

/** RFC 7915 §4: a whole IPv4 packet as one or more IPv6 packets, cut at `lowestIpv6Mtu` unless DF is set. */
export function reference4to6(packet: Octets, lowestIpv6Mtu: number): Octets[] {
  const headerLength = ((packet[0] ?? 0) & 15) * 4;
  const body = packet.slice(headerLength, wordAt(packet, 2));
  const addresses = [...REFERENCE_PREFIX, ...packet.slice(12, 16), ...REFERENCE_PREFIX, ...packet.slice(16, 20)];
  const protocol = packet[9] ?? 0;
  const next = protocol === 1 ? 58 : protocol;
  const message = transportOf(body, protocol, next, addresses);
  const tos = packet[1] ?? 0;
  const header = (length: number, nextHeader: number): number[] => [
    0x60 + (tos >> 4),
    (tos & 15) << 4,
    ...[0, 0],
    ...two(length),
    nextHeader,
    (packet[8] ?? 0) - 1,
    ...addresses,
  ];
  const mayBeCut = ((packet[6] ?? 0) & 0x40) === 0;
  if (!mayBeCut || 40 + message.length <= lowestIpv6Mtu) return [[...header(message.length, next), ...message]];
  const size = Math.floor((lowestIpv6Mtu - 48) / 8) * 8;
  const parts = chunks(message, lowestIpv6Mtu - 48);
  return parts.map((part, index) => {
    const offset = index * size + (index + 1 < parts.length ? 1 : 0);
    const fragment = [next, 0, ...two(offset), 0, 0, ...packet.slice(4, 6)];
    return [...header(8 + part.length, 44), ...fragment, ...part];
  });
}

/**
 * RFC 7915 §5: a whole IPv6 packet as one or more IPv4 packets; `identification` is for those that may be fragmented.
 */
export function reference6to4(packet: Octets, mtu4: number, identification: number): Octets[] {
  let next = packet[6] ?? 0;
  let at = 40;
  while (EXTENSIONS.includes(next)) {
    next = packet[at] ?? 0;
    at += ((packet[at + 1] ?? 0) + 1) * 8;
  }
  const body = packet.slice(at, 40 + wordAt(packet, 4));
  const addresses = [...packet.slice(20, 24), ...packet.slice(36, 40)];
  const protocol = next === 58 ? 1 : next;
  const message = transportOf(body, next, protocol, addresses);
  const isLong = 20 + message.length > 1260;
  const size = Math.floor((mtu4 - 20) / 8) * 8;
  const parts = 20 + message.length <= mtu4 ? [message] : chunks(message, mtu4 - 20);
  return parts.map((part, index) => {
    const isLast = index + 1 === parts.length;
    const fragmentation = (isLong ? 0x4000 : 0) + (isLast ? 0 : 0x2000) + (index * size) / 8;
    const tos = (((packet[0] ?? 0) & 15) << 4) + ((packet[1] ?? 0) >> 4);
    const id = isLong ? 0 : identification;
    const hops = (packet[7] ?? 0) - 1;
    const header = [
      0x45,
      tos,
      ...two(20 + part.length),
      ...two(id),
      ...two(fragmentation),
      hops,
      protocol,
      0,
      0,
      ...addresses,
    ];
    header.splice(10, 2, ...two(referenceChecksum(header)));
    return [...header, ...part];
  });
}
