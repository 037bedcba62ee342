/** Reads the layers of a packet line behind the IP header. */
import type { Offload } from '../packet-buffer.ts';
import { gso } from '../packet-buffer.ts';
import { fold, sumOctets, sumPseudoHeader } from '../wire/checksum.ts';
import * as icmp from '../wire/icmp.ts';
import { protocol } from '../wire/protocol.ts';
import * as tcp from '../wire/tcp.ts';
import * as udp from '../wire/udp.ts';
import { toNumber, Words } from './layers.ts';
import { icmpv4Names, icmpv6Names } from './names.ts';
import { fromHex, parseOptions, parsePayload } from './payload.ts';

/** What the IP header around a transport header means for it. */
export interface Surroundings {
  readonly isIpv4: boolean;
  /** The sum of both addresses. */
  readonly addresses: number;
  /** Octets the IP header counts behind itself, given how many there are. */
  length(present: number): number;
  /** Octets from the start of the packet to the transport header. */
  readonly transport: number;
  readonly offload: Offload;
}

/** A parsed transport header with all behind it, and its protocol. */
export interface Parsed {
  readonly protocol: number;
  readonly octets: Uint8Array;
}

/** Reads the packet an ICMP error quotes. */
export type ParseQuote = (layers: readonly string[]) => Uint8Array;

/** Reads the layers from the transport header on; throws when they are none. */
export function parseTransport(layers: readonly string[], around: Surroundings, parseQuote: ParseQuote): Parsed {
  const [head = '', ...rest] = layers;
  const words = new Words(head);
  const name = words.next();
  switch (name) {
    case 'TCP':
      return parseTcp(words, payloadOf(rest), around);
    case 'UDP':
      return parseUdp(words, payloadOf(rest), around);
    case 'ICMPv4':
    case 'ICMPv6':
      return parseIcmp(words, name === 'ICMPv4', rest, around, parseQuote);
    case 'protocol': {
      const own = toNumber(words.next());
      words.end();
      return { protocol: own, octets: payloadOf(rest) };
    }
    default:
      throw new Error(`Cannot read the layer "${head}"`);
  }
}

function payloadOf(layers: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.concat(layers.map(parsePayload)));
}

function parseTcp(words: Words, payload: Uint8Array, around: Surroundings): Parsed {
  const [from, to] = words.ends();
  const flags = words.match(/^[A-Z]{3}(,[A-Z]{3})*$/)?.split(',') ?? [];
  const options = parseOptions(words.text('options'));
  const length = tcp.LENGTH + options.length;
  const { octets, view } = make(length, payload);
  octets.set(options, tcp.LENGTH);
  view.setUint16(tcp.field.SOURCE_PORT, toNumber(from));
  view.setUint16(tcp.field.DESTINATION_PORT, toNumber(to));
  view.setUint32(tcp.field.SEQUENCE, words.number('seq', 0));
  view.setUint32(tcp.field.ACKNOWLEDGMENT, words.number('ack', 0));
  view.setUint8(tcp.field.DATA_OFFSET, (length << 2) | words.number('reserved', 0));
  view.setUint8(
    tcp.field.FLAGS,
    flags.map(flagBit).reduce((all, bit) => all | bit, 0),
  );
  view.setUint16(tcp.field.WINDOW, words.number('win', 65_535));
  view.setUint16(tcp.field.URGENT, words.number('urg', 0));
  fillChecksum(words, view, tcp.field.CHECKSUM, protocol.TCP, around);
  parseOffload(words, around, around.isIpv4 ? gso.TCPV4 : gso.TCPV6, tcp.field.CHECKSUM, length);
  words.end();
  return { protocol: protocol.TCP, octets };
}

function flagBit(name: string): number {
  const bit = (tcp.flagNames as readonly string[]).indexOf(name);
  if (bit < 0) throw new Error(`Cannot read the TCP flag "${name}"`);
  return 1 << bit;
}

function parseUdp(words: Words, payload: Uint8Array, around: Surroundings): Parsed {
  const [from, to] = words.ends();
  const { octets, view } = make(udp.LENGTH, payload);
  view.setUint16(udp.field.SOURCE_PORT, toNumber(from));
  view.setUint16(udp.field.DESTINATION_PORT, toNumber(to));
  view.setUint16(udp.field.LENGTH, words.number('length', around.length(octets.length)));
  if (!words.has('no-sum')) {
    const isWritten = fillChecksum(words, view, udp.field.CHECKSUM, protocol.UDP, around);
    if (!isWritten && view.getUint16(udp.field.CHECKSUM) === 0) view.setUint16(udp.field.CHECKSUM, 0xffff);
  }
  parseOffload(words, around, gso.UDP_L4, udp.field.CHECKSUM, udp.LENGTH);
  words.end();
  return { protocol: protocol.UDP, octets };
}

function parseIcmp(
  words: Words,
  isIcmpv4: boolean,
  rest: readonly string[],
  around: Surroundings,
  parseQuote: ParseQuote,
): Parsed {
  const [name = '', code = '0'] = words.next().split('/');
  const type = (isIcmpv4 ? icmpv4Names : icmpv6Names)[name] ?? toNumber(name);
  const extension = rest.findIndex((layer) => layer.startsWith('extension '));
  const data = extension < 0 ? rest : rest.slice(0, extension);
  const body = /^IPv[46] /.test(data[0] ?? '') ? parseQuote(data) : payloadOf(data);
  const extended = extension < 0 ? '' : (rest[extension] ?? '').slice('extension '.length);
  const { view, octets } = make(icmp.LENGTH, new Uint8Array(Buffer.concat([body, fromHex(extended)])));
  const parameter =
    words.number('id', 0) * 0x10000 +
    words.number('seq', 0) +
    words.number('length', 0) * (isIcmpv4 ? 0x10000 : 0x1000000) +
    words.number('mtu', 0) +
    words.number('pointer', 0) * (isIcmpv4 ? 0x1000000 : 1) +
    words.number('parameter', 0);
  icmp.emit(view, 0, type, toNumber(code), 0, parameter);
  const own = isIcmpv4 ? protocol.ICMPV4 : protocol.ICMPV6;
  fillChecksum(words, view, icmp.field.CHECKSUM, own, around);
  words.end();
  return { protocol: own, octets };
}

function make(header: number, payload: Uint8Array): { octets: Uint8Array; view: DataView } {
  const octets = new Uint8Array(header + payload.length);
  octets.set(payload, header);
  return { octets, view: new DataView(octets.buffer) };
}

/**
 * Writes the right checksum, or what `sum=`, `bad+` or `partial` says. Returns whether the line gave the value itself.
 */
function fillChecksum(words: Words, view: DataView, field: number, own: number, around: Surroundings): boolean {
  const length = around.length(view.byteLength);
  const pseudoHeader = own === protocol.ICMPV4 ? 0 : around.addresses + sumPseudoHeader(Math.max(0, length), own);
  around.offload.needsChecksum = words.has('partial');
  const off = words.number('bad', 0, '+');
  const given = words.text('sum');
  const right = fold(sumOctets(view, 0, Math.min(length, view.byteLength)) + pseudoHeader) ^ 0xffff;
  if (given !== undefined) view.setUint16(field, toNumber(given));
  else if (around.offload.needsChecksum) view.setUint16(field, fold(pseudoHeader));
  else if (off !== 0) view.setUint16(field, fold((right === 0 && own === protocol.UDP ? 0xffff : right) + off));
  else view.setUint16(field, right);
  return given !== undefined || around.offload.needsChecksum || off !== 0;
}

function parseOffload(words: Words, around: Surroundings, gsoType: number, field: number, headerLength: number): void {
  const { offload, transport } = around;
  if (!offload.needsChecksum) return;
  offload.gsoSize = words.number('gso', 0);
  offload.gsoType = offload.gsoSize === 0 ? gso.NONE : gsoType;
  offload.ecn = words.has('ecn');
  offload.checksumStart = transport;
  offload.checksumOffset = field;
  offload.headerLength = words.number('headers', offload.gsoSize === 0 ? 0 : transport + headerLength);
}
