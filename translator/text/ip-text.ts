/** Prints IP headers, and what is behind them, as a packet line. */
import { formatIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, Ipv6Words } from '../../mapper/address/ipv6.ts';
import type { Offload } from '../packet-buffer.ts';
import { difference, fold, sumOctets, sumPseudoHeader } from '../wire/checksum.ts';
import * as fragmentHeader from '../wire/fragment.ts';
import * as ipv4Header from '../wire/ipv4.ts';
import * as ipv6Header from '../wire/ipv6.ts';
import { protocol } from '../wire/protocol.ts';
import { extensionNames, hex16, nameOf } from './names.ts';
import { hex } from './payload.ts';
import { formatTransport, unless, words } from './transport-text.ts';

/** Prints the octets from `at` to `end` as a packet of either family; what has no whole header as `0x…`. */
export function formatIp(view: DataView, at: number, end: number, offload?: Offload): string {
  if (ipv4Header.hasHeader(view, at, end - at)) return formatIpv4Packet(view, at, end, offload);
  if (ipv6Header.hasHeader(view, at, end - at)) return formatIpv6Packet(view, at, end, offload);
  return `0x${hex(view, at, end)}`;
}

function formatQuote(view: DataView, at: number, end: number): string {
  return formatIp(view, at, end);
}

function formatIpv4Packet(view: DataView, at: number, end: number, offload?: Offload): string {
  const transport = at + ipv4Header.headerLength(view, at);
  const total = ipv4Header.totalLength(view, at);
  const fragmentation = ipv4Header.fragmentation(view, at);
  const has = (bit: number, name: string): string => ((fragmentation & bit) !== 0 ? name : '');
  const offset = (fragmentation & ipv4Header.OFFSET_MASK) << 3;
  const right = fold(sumOctets(view, at, transport) - ipv4Header.checksum(view, at)) ^ 0xffff;
  const off = difference(ipv4Header.checksum(view, at), right);
  const tos = ipv4Header.typeOfService(view, at);
  const layer = words(
    `IPv4 ${formatIpv4(ipv4Header.source(view, at))} > ${formatIpv4(ipv4Header.destination(view, at))}`,
    `ttl=${ipv4Header.timeToLive(view, at)}`,
    unless(0, 'tos', tos),
    unless(0, 'id', ipv4Header.identification(view, at)),
    has(ipv4Header.flag.RESERVED, 'rf'),
    has(ipv4Header.flag.DONT_FRAGMENT, 'df'),
    has(ipv4Header.flag.MORE_FRAGMENTS, 'mf'),
    unless(0, 'offset', offset),
    transport > at + ipv4Header.LENGTH ? `options=${hex(view, at + ipv4Header.LENGTH, transport)}` : '',
    unless(end - at, 'total', total),
    off % 0xffff === 0 ? '' : `bad+${hex16(off)}`,
  );
  const length = at + total - transport;
  const own = ipv4Header.protocol(view, at);
  const isFragment = offset !== 0 || (fragmentation & ipv4Header.flag.MORE_FRAGMENTS) !== 0;
  const addresses = sumOctets(view, at + 12, at + ipv4Header.LENGTH);
  const segment = {
    ...{ view, at: transport, end, length, protocol: own, isData: offset !== 0 },
    isWhole: !isFragment && length >= 0 && transport + length <= end,
    pseudoHeader: pseudoHeader(addresses, length, own),
    offload: workAt(offload, transport - at),
  };
  return `${layer} | ${formatTransport(segment, formatQuote)}`;
}

function formatIpv6Packet(view: DataView, at: number, end: number, offload?: Offload): string {
  const source = new Ipv6Words();
  const destination = new Ipv6Words();
  ipv6Header.source(view, at, source);
  ipv6Header.destination(view, at, destination);
  const payload = ipv6Header.payloadLength(view, at);
  const layers = [
    words(
      `IPv6 ${formatIpv6(source)} > ${formatIpv6(destination)}`,
      `hlim=${ipv6Header.hopLimit(view, at)}`,
      unless(0, 'class', ipv6Header.trafficClass(view, at)),
      unless(0, 'flow', ipv6Header.flowLabel(view, at)),
      unless(end - at - ipv6Header.LENGTH, 'payload', payload),
    ),
  ];
  let next = ipv6Header.nextHeader(view, at);
  let transport = at + ipv6Header.LENGTH;
  let isFragment = false;
  let offset = 0;
  for (;;) {
    const length = extensionLength(view, transport, end, next);
    if (length === 0 || offset !== 0) break;
    if (next === protocol.FRAGMENT) {
      offset = fragmentHeader.offset(view, transport) << 3;
      isFragment = isFragment || offset !== 0 || fragmentHeader.hasMore(view, transport);
    }
    layers.push(formatExtension(view, transport, length, next));
    next = view.getUint8(transport);
    transport += length;
  }
  const length = at + ipv6Header.LENGTH + payload - transport;
  const addresses = sumOctets(view, at + 8, at + ipv6Header.LENGTH);
  const segment = {
    ...{ view, at: transport, end, length, protocol: next, isData: offset !== 0 },
    isWhole: !isFragment && length >= 0 && transport + length <= end,
    pseudoHeader: pseudoHeader(addresses, length, next),
    offload: workAt(offload, transport - at),
  };
  layers.push(formatTransport(segment, formatQuote));
  return layers.join(' | ');
}

/** The sum a transport checksum starts from, given that of both addresses. ICMPv4's has no pseudo-header. */
function pseudoHeader(addresses: number, length: number, own: number): number {
  return own === protocol.ICMPV4 ? 0 : addresses + sumPseudoHeader(Math.max(0, length), own);
}

/** The offload, if there is work left to do on the header that begins `transport` octets into the packet. */
function workAt(offload: Offload | undefined, transport: number): Offload | undefined {
  return offload?.needsChecksum === true && offload.checksumStart === transport ? offload : undefined;
}

/** Octets of an extension header that can be printed, 0 if it is none or not all there. */
function extensionLength(view: DataView, at: number, end: number, next: number): number {
  if (next !== protocol.FRAGMENT && nameOf(extensionNames, next) === String(next)) return 0;
  if (at + fragmentHeader.LENGTH > end) return 0;
  const length = next === protocol.FRAGMENT ? fragmentHeader.LENGTH : (view.getUint8(at + 1) + 1) << 3;
  return at + length <= end ? length : 0;
}

function formatExtension(view: DataView, at: number, length: number, next: number): string {
  if (next !== protocol.FRAGMENT) return `${nameOf(extensionNames, next)} ${hex(view, at + 2, at + length)}`;
  return words(
    'fragment',
    `id=${fragmentHeader.identification(view, at) >>> 0}`,
    unless(0, 'offset', fragmentHeader.offset(view, at) << 3),
    fragmentHeader.hasMore(view, at) ? 'mf' : '',
    unless(0, 'reserved', (view.getUint8(at + 1) << 2) | ((view.getUint8(at + 3) >>> 1) & 3)),
  );
}
