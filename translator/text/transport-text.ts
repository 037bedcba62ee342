/** Prints transport headers as layers of a packet line. */
import type { Offload } from '../packet-buffer.ts';
import { difference, fold, sumOctets } from '../wire/checksum.ts';
import * as icmp from '../wire/icmp.ts';
import * as icmpv4 from '../wire/icmpv4.ts';
import * as icmpv6 from '../wire/icmpv6.ts';
import { protocol } from '../wire/protocol.ts';
import * as tcp from '../wire/tcp.ts';
import * as udp from '../wire/udp.ts';
import { hex16, icmpv4Names, icmpv6Names, nameOf } from './names.ts';
import { formatPayload, hex } from './payload.ts';

/** Where a transport header lies and what its checksum covers. */
export interface Segment {
  readonly view: DataView;
  readonly at: number;
  /** Where the octets that are there end; the packet itself may say otherwise. */
  readonly end: number;
  /** Octets the IP header counts behind itself and its extension headers. */
  readonly length: number;
  readonly protocol: number;
  /** The sum of the pseudo-header, length and protocol included; 0 for ICMPv4. */
  readonly pseudoHeader: number;
  /** Whether all octets under the checksum are there. */
  readonly isWhole: boolean;
  /** Whether it is no header but data of a later fragment. */
  readonly isData: boolean;
  /** Work left to do, if this header is what it is about. */
  readonly offload: Offload | undefined;
}

/** Prints the packet an ICMP error quotes. */
export type FormatQuote = (view: DataView, at: number, end: number) => string;

/** Prints a transport header and all behind it, layers joined by ` | `. */
export function formatTransport(segment: Segment, formatQuote: FormatQuote): string {
  const { view, at, end } = segment;
  const present = segment.isData ? 0 : end - at;
  if (segment.protocol === protocol.TCP && present >= tcp.LENGTH) {
    const length = tcp.headerLength(view, at);
    if (length >= tcp.LENGTH && length <= present)
      return withPayload(formatTcp(segment, length), view, at + length, end);
  }
  if (segment.protocol === protocol.UDP && present >= udp.LENGTH) {
    return withPayload(formatUdp(segment), view, at + udp.LENGTH, end);
  }
  const isIcmp = segment.protocol === protocol.ICMPV4 || segment.protocol === protocol.ICMPV6;
  if (isIcmp && present >= icmp.LENGTH) return formatIcmp(segment, formatQuote);
  return withPayload(`protocol ${segment.protocol}`, view, at, end);
}

function withPayload(layer: string, view: DataView, at: number, end: number): string {
  return at < end ? `${layer} | ${formatPayload(view, at, end)}` : layer;
}

function formatTcp(segment: Segment, length: number): string {
  const { view, at } = segment;
  const flags = tcp.flagNames.filter((_, bit) => (tcp.flags(view, at) >>> bit) & 1).join(',');
  const reserved = view.getUint8(at + tcp.field.DATA_OFFSET) & 15;
  return words(
    `TCP ${tcp.sourcePort(view, at)} > ${tcp.destinationPort(view, at)}`,
    flags,
    unless(0, 'seq', tcp.sequence(view, at)),
    unless(0, 'ack', tcp.acknowledgment(view, at)),
    unless(65_535, 'win', tcp.window(view, at)),
    unless(0, 'urg', tcp.urgentPointer(view, at)),
    unless(0, 'reserved', reserved),
    length > tcp.LENGTH ? `options=${hex(view, at + tcp.LENGTH, at + length)}` : '',
    formatChecksum(segment, tcp.field.CHECKSUM),
    formatOffload(segment, length),
  );
}

function formatUdp(segment: Segment): string {
  const { view, at } = segment;
  return words(
    `UDP ${udp.sourcePort(view, at)} > ${udp.destinationPort(view, at)}`,
    unless(segment.length, 'length', udp.length(view, at)),
    udp.checksum(view, at) === 0 && segment.offload === undefined
      ? 'no-sum'
      : formatChecksum(segment, udp.field.CHECKSUM),
    formatOffload(segment, udp.LENGTH),
  );
}

function formatIcmp(segment: Segment, formatQuote: FormatQuote): string {
  const { view, at, end } = segment;
  const isIcmpv4 = segment.protocol === protocol.ICMPV4;
  const type = icmp.type(view, at);
  const code = icmp.code(view, at);
  const parameter = icmp.parameter(view, at);
  const name = nameOf(isIcmpv4 ? icmpv4Names : icmpv6Names, type);
  const isEcho = name === 'echo' || name === 'echo-reply';
  const isError = isIcmpv4 ? icmpv4.isError(type) : icmpv6.isError(type);
  // The length of the quote is in the second octet of the word in ICMPv4, in the first in ICMPv6 (RFC 4884 §4).
  const units = isIcmpv4 ? (parameter >>> 16) & 255 : type === icmpv6.type.PACKET_TOO_BIG ? 0 : parameter >>> 24;
  const hasLength = isError && (isIcmpv4 || type === 1 || type === 3);
  const rest = hasLength ? parameter - units * (isIcmpv4 ? 0x10000 : 0x1000000) : parameter;
  const layer = words(
    `${isIcmpv4 ? 'ICMPv4' : 'ICMPv6'} ${name}${code === 0 ? '' : `/${code}`}`,
    isEcho ? `id=${parameter >>> 16} seq=${parameter & 0xffff}` : '',
    !isEcho && hasLength ? unless(0, 'length', units) : '',
    isEcho || rest === 0 ? '' : formatParameter(name, isIcmpv4, rest),
    formatChecksum(segment, icmp.field.CHECKSUM),
  );
  const data = at + icmp.LENGTH;
  if (!isError || data >= end) return withPayload(layer, view, data, end);
  const quoteEnd = hasLength && units > 0 ? Math.min(end, data + units * (isIcmpv4 ? 4 : 8)) : end;
  const extension = quoteEnd < end ? ` | extension 0x${hex(view, quoteEnd, end)}` : '';
  return `${layer} | ${formatQuote(view, data, quoteEnd)}${extension}`;
}

/** The second word of an ICMP message under the name it has in messages of this type. */
function formatParameter(name: string, isIcmpv4: boolean, value: number): string {
  if (name === 'packet-too-big' || name === 'unreachable') return `mtu=${value}`;
  if (name !== 'parameter-problem') return `parameter=${value}`;
  if (!isIcmpv4) return `pointer=${value}`;
  return (value & 0xffffff) === 0 ? `pointer=${value >>> 24}` : `parameter=${value}`;
}

/**
 * Nothing for a right checksum; `bad+0x0001` says by how much it is off, `sum=0x1234` gives one that cannot be
 * verified, because not all octets under it are here, and `partial` says that somebody behind us completes it.
 */
function formatChecksum(segment: Segment, field: number): string {
  const { view, at, end, pseudoHeader } = segment;
  const value = view.getUint16(at + field);
  if (segment.offload !== undefined) {
    return fold(pseudoHeader) % 0xffff === value % 0xffff ? 'partial' : `partial sum=${hex16(value)}`;
  }
  if (!segment.isWhole) return `sum=${hex16(value)}`;
  const right = fold(sumOctets(view, at, Math.min(end, at + segment.length)) - value + pseudoHeader) ^ 0xffff;
  const off = difference(value, right);
  return off % 0xffff === 0 ? '' : `bad+${hex16(off)}`;
}

function formatOffload(segment: Segment, headerLength: number): string {
  const { offload } = segment;
  if (offload === undefined) return '';
  const usual = offload.checksumStart + headerLength;
  return words(
    offload.gsoType === 0 ? '' : `gso=${offload.gsoSize}`,
    offload.ecn ? 'ecn' : '',
    unless(offload.gsoType === 0 ? 0 : usual, 'headers', offload.headerLength),
  );
}

/** `name=value`, unless the value is the usual one. */
export function unless(usual: number, name: string, value: number): string {
  return value === usual ? '' : `${name}=${value}`;
}

/** Joins what there is. */
export function words(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
