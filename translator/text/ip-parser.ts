/** Reads packet lines: IP headers, extension headers, and what `transport-parser.ts` reads behind them. */
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import { Offload } from '../packet-buffer.ts';
import { fold, sumOctets } from '../wire/checksum.ts';
import * as fragmentHeader from '../wire/fragment.ts';
import * as ipv4Header from '../wire/ipv4.ts';
import * as ipv6Header from '../wire/ipv6.ts';
import { protocol } from '../wire/protocol.ts';
import { Words } from './layers.ts';
import { extensionNames } from './names.ts';
import { fromHex, parseOptions } from './payload.ts';
import { parseTransport } from './transport-parser.ts';

/** Reads the layers of one packet into octets, and into `offload` what is left to do. Throws when it cannot. */
export function parseIp(layers: readonly string[], offload: Offload): Uint8Array {
  const [head = '', ...rest] = layers;
  if (head.startsWith('0x') && rest.length === 0) return fromHex(head);
  const words = new Words(head);
  const name = words.next();
  if (name === 'IPv4') return parseIpv4Packet(words, rest, offload);
  if (name === 'IPv6') return parseIpv6Packet(words, rest, offload);
  throw new Error(`Cannot read the layer "${head}": neither IPv4 nor IPv6`);
}

/** A quoted packet has no offload. */
function parseQuote(layers: readonly string[]): Uint8Array {
  return parseIp(layers, new Offload());
}

function parseIpv4Packet(words: Words, rest: readonly string[], offload: Offload): Uint8Array {
  const [from, to] = words.ends().map(parseIpv4);
  if (from === undefined || to === undefined) throw new Error('Cannot read an IPv4 address');
  const options = parseOptions(words.text('options'));
  const transport = ipv4Header.LENGTH + options.length;
  const total = words.text('total');
  const fields = new ipv4Header.Ipv4Fields();
  fields.source = from | 0;
  fields.destination = to | 0;
  const head = new Uint8Array(transport);
  const view = new DataView(head.buffer);
  ipv4Header.emit(view, 0, fields);
  const parsed = parseTransport(
    rest,
    {
      ...{ isIpv4: true, transport, offload, addresses: sumOctets(view, 12, ipv4Header.LENGTH) },
      length: (present) => (total === undefined ? present : Number(total) - transport),
    },
    parseQuote,
  );
  fields.typeOfService = words.number('tos', 0);
  fields.totalLength = total === undefined ? transport + parsed.octets.length : Number(total);
  fields.identification = words.number('id', 0);
  fields.fragmentation =
    (words.has('rf') ? ipv4Header.flag.RESERVED : 0) |
    (words.has('df') ? ipv4Header.flag.DONT_FRAGMENT : 0) |
    (words.has('mf') ? ipv4Header.flag.MORE_FRAGMENTS : 0) |
    (words.number('offset', 0) >>> 3);
  fields.timeToLive = words.number('ttl', 64);
  fields.protocol = parsed.protocol;
  ipv4Header.emit(view, 0, fields);
  head.set(options, ipv4Header.LENGTH);
  view.setUint8(0, 0x40 | (transport >>> 2));
  ipv4Header.setPiece(view, 0, fields.totalLength, fields.fragmentation);
  const off = words.number('bad', 0, '+');
  if (off !== 0) view.setUint16(10, fold(ipv4Header.checksum(view, 0) + off));
  words.end();
  return new Uint8Array(Buffer.concat([head, parsed.octets]));
}

function parseIpv6Packet(words: Words, rest: readonly string[], offload: Offload): Uint8Array {
  const [from, to] = words.ends().map(parseIpv6);
  if (from === undefined || to === undefined) throw new Error('Cannot read an IPv6 address');
  const fields = new ipv6Header.Ipv6Fields();
  fields.source.copy(from);
  fields.destination.copy(to);
  const head = new Uint8Array(ipv6Header.LENGTH);
  const view = new DataView(head.buffer);
  ipv6Header.emit(view, 0, fields);
  const count = rest.findIndex((layer) => !isExtension(layer));
  const extensions = rest.slice(0, count).map(parseExtension);
  const skipped = extensions.reduce((sum, extension) => sum + extension.octets.length, 0);
  const payload = words.text('payload');
  const parsed = parseTransport(
    rest.slice(count),
    {
      ...{ isIpv4: false, transport: ipv6Header.LENGTH + skipped, offload },
      addresses: sumOctets(view, 8, ipv6Header.LENGTH),
      length: (present) => (payload === undefined ? present : Number(payload) - skipped),
    },
    parseQuote,
  );
  // Each header names the one behind it.
  extensions.forEach((extension, index) => {
    extension.octets[0] = extensions[index + 1]?.protocol ?? parsed.protocol;
  });
  fields.trafficClass = words.number('class', 0);
  fields.flowLabel = words.number('flow', 0);
  fields.hopLimit = words.number('hlim', 64);
  fields.nextHeader = extensions[0]?.protocol ?? parsed.protocol;
  fields.payloadLength = payload === undefined ? skipped + parsed.octets.length : Number(payload);
  ipv6Header.emit(view, 0, fields);
  words.end();
  return new Uint8Array(Buffer.concat([head, ...extensions.map((extension) => extension.octets), parsed.octets]));
}

function isExtension(layer: string): boolean {
  const name = new Words(layer).next();
  return name === 'fragment' || extensionNames[name] !== undefined;
}

/** An extension header, its first octet still to be filled. */
function parseExtension(layer: string): { protocol: number; octets: Uint8Array } {
  const words = new Words(layer);
  const name = words.next();
  if (name !== 'fragment') {
    const rest = fromHex(words.next());
    words.end();
    return { protocol: extensionNames[name] ?? 0, octets: new Uint8Array([0, (rest.length + 2) / 8 - 1, ...rest]) };
  }
  const octets = new Uint8Array(fragmentHeader.LENGTH);
  const view = new DataView(octets.buffer);
  const offset = words.number('offset', 0) >>> 3;
  fragmentHeader.emit(view, 0, 0, offset, words.has('mf'), words.number('id', 0));
  const reserved = words.number('reserved', 0);
  octets[1] = reserved >>> 2;
  octets[3] = (octets[3] ?? 0) | ((reserved & 3) << 1);
  words.end();
  return { protocol: protocol.FRAGMENT, octets };
}
