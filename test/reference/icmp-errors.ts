/**
 * RFC 7915 §4.2, §4.3, §5.2, §5.3 and RFC 4884 for ICMP errors, on arrays of octets: slow and obvious, from the text of
 * the RFCs and sharing no line with the translator. Outer checksums must have been right, quotes have all of their
 * header; addresses are those of one /96, links carry 1,500 octets.
 */
import { referenceChecksum } from './checksum.ts';
import { type Octets, REFERENCE_PREFIX, two, wordAt } from './translation.ts';

/** Type, code, the second word, and whether its length attribute may be used. */
type Head = readonly [type: number, code: number, word: Octets, isExtensible: boolean];

const NONE: Octets = [0, 0, 0, 0];

/** RFC 7915 §4.2, row by row: ICMPv4's type, codes, and what they become. */
const UNREACHABLE_4TO6: readonly (readonly [codes: Octets, code: number])[] = [
  [[0, 1, 5, 6, 7, 8, 11, 12], 0],
  [[3], 4],
  [[9, 10, 13, 15], 1],
];

/** RFC 7915 figures 3 and 6: a field's first and last octet, and where it is in the other header. */
const FIELDS_4TO6 = [
  [0, 0, 0],
  [1, 1, 1],
  [2, 3, 4],
  [8, 8, 7],
  [9, 9, 6],
  [12, 15, 8],
  [16, 19, 24],
] as const;
const FIELDS_6TO4 = [
  [0, 0, 0],
  [1, 1, 1],
  [4, 5, 2],
  [6, 6, 9],
  [7, 7, 8],
  [8, 23, 12],
  [24, 39, 16],
] as const;

/** RFC 1191 §7.1, as far as it is at least 1,280. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492];

function pointer(fields: readonly (readonly [number, number, number])[], at: number): number | undefined {
  return fields.find(([first, last]) => first <= at && at <= last)?.[2];
}

function head4to6(message: Octets, quotedLength: number): Head | undefined {
  const [type = 0, code = 0] = message;
  if (type === 3 && code === 2) return [4, 1, [0, 0, 0, 6], false];
  if (type === 3 && code === 4) {
    const mtu = wordAt(message, 6) || PLATEAUS.find((plateau) => plateau < quotedLength) || 0;
    return [2, 0, [0, 0, ...two(Math.max(1280, Math.min(mtu + 20, 1500)))], false];
  }
  const unreachable = UNREACHABLE_4TO6.find(([codes]) => codes.includes(code));
  if (type === 3 && unreachable !== undefined) return [1, unreachable[1], NONE, true];
  if (type === 11) return [3, code, NONE, true];
  const at = pointer(FIELDS_4TO6, message[4] ?? 0);
  return type === 12 && (code === 0 || code === 2) && at !== undefined ? [4, 0, [0, 0, 0, at], false] : undefined;
}

function head6to4(message: Octets, isFragment: boolean): Head | undefined {
  const [type = 0, code = 0] = message;
  const word = wordAt(message, 4) * 65_536 + wordAt(message, 6);
  if (type === 1 && code < 5) return [3, [1, 10, 1, 1, 3][code] ?? 0, NONE, true];
  if (type === 2) return [3, 4, [0, 0, ...two(Math.min(1480, Math.max(1280, word) - (isFragment ? 28 : 20)))], true];
  if (type === 3) return [11, code, NONE, true];
  if (type === 4 && code === 1) return [3, 2, NONE, true];
  const at = pointer(FIELDS_6TO4, word);
  return type === 4 && code === 0 && at !== undefined ? [12, 0, [at, 0, 0, 0], true] : undefined;
}

/** A checksum after `removed` octets became `added` ones (RFC 1624, equation 3). */
function adjusted(checksum: number, removed: Octets, added: Octets): number {
  return referenceChecksum([...two(0xffff - checksum), ...removed.map((octet) => 255 - octet), ...added]);
}

/** The quoted transport header, as much of it as there is, between other addresses; `from` and `to` are protocols. */
function quotedTransport(octets: Octets, from: number, to: number, removed: Octets, added: Octets): number[] {
  const result = [...octets];
  const at = { 1: 2, 58: 2, 6: 16, 17: 6 }[from];
  if (at === undefined || octets.length < at + 2 || (from === 17 && wordAt(octets, at) === 0)) return result;
  const checksum = adjusted(wordAt(octets, at), removed, added);
  [result[at], result[at + 1]] = two(from === 17 && checksum === 0 ? 0xffff : checksum) as [number, number];
  if (from !== to) result[0] = { 8: 128, 0: 129, 128: 8, 129: 0 }[octets[0] ?? 0] ?? 0;
  return result;
}

function quote4to6(quote: Octets): number[] {
  const headerLength = ((quote[0] ?? 0) & 15) * 4;
  const length = wordAt(quote, 2) - headerLength;
  const protocol = quote[9] ?? 0;
  const next = protocol === 1 ? 58 : protocol;
  const tos = quote[1] ?? 0;
  const addresses4 = quote.slice(12, 20);
  const addresses6 = [...REFERENCE_PREFIX, ...addresses4.slice(0, 4), ...REFERENCE_PREFIX, ...addresses4.slice(4)];
  const fragmentation = wordAt(quote, 6) & 0x3fff;
  const octets = quote.slice(headerLength, wordAt(quote, 2));
  const isFirst = (fragmentation & 0x1fff) === 0;
  const type = octets[0] ?? 0;
  const echo = [{ 8: 128, 0: 129 }[type] ?? 0, 0, ...addresses6, ...two(length), 0, 58];
  const [removed, added] = protocol === 1 ? [[type, 0], echo] : [addresses4, addresses6];
  const rest = isFirst ? quotedTransport(octets, protocol, next, removed, added) : octets;
  const header = (payload: number, nextHeader: number): Octets => [
    ...[0x60 + (tos >> 4), (tos & 15) << 4, 0, 0],
    ...[...two(payload), nextHeader, quote[8] ?? 0],
    ...addresses6,
  ];
  if (fragmentation === 0) return [...header(length, next), ...rest];
  const offset = (fragmentation & 0x1fff) * 8 + (fragmentation >> 13);
  return [...header(length + 8, 44), next, 0, ...two(offset), 0, 0, ...quote.slice(4, 6), ...rest];
}

function quote6to4(quote: Octets): number[] {
  const isFragment = quote[6] === 44;
  const fragment = isFragment ? quote.slice(40, 48) : [];
  const next = (isFragment ? fragment[0] : quote[6]) ?? 0;
  const protocol = next === 58 ? 1 : next;
  const length = wordAt(quote, 4) - fragment.length;
  const addresses6 = quote.slice(8, 40);
  const addresses4 = [...addresses6.slice(12, 16), ...addresses6.slice(28)];
  const octets = quote.slice(40 + fragment.length, 40 + wordAt(quote, 4));
  const offset = isFragment ? wordAt(fragment, 2) : 0;
  const type = octets[0] ?? 0;
  const echo = [type, 0, ...addresses6, ...two(length), 0, 58];
  const [removed, added] = next === 58 ? [echo, [{ 128: 8, 129: 0 }[type] ?? 0, 0]] : [addresses6, addresses4];
  const rest = offset >> 3 === 0 ? quotedTransport(octets, next, protocol, removed, added) : octets;
  const fragmentation = isFragment ? (offset >> 3) + (offset & 1) * 0x2000 : 20 + length > 1260 ? 0x4000 : 0;
  const tos = (((quote[0] ?? 0) & 15) << 4) + ((quote[1] ?? 0) >> 4);
  const id = isFragment ? fragment.slice(6) : [0, 0];
  return [...header4(tos, 20 + length, id, fragmentation, quote[7] ?? 0, protocol, addresses4), ...rest];
}

function header4(
  tos: number,
  length: number,
  id: Octets,
  fragmentation: number,
  hops: number,
  protocol: number,
  addresses: Octets,
): Octets {
  const header = [0x45, tos, ...two(length), ...id, ...two(fragmentation), hops, protocol, 0, 0, ...addresses];
  header.splice(10, 2, ...two(referenceChecksum(header)));
  return header;
}

/** RFC 4884 §4, §5: quote and extensions in `room` octets, and the length of the quote in units of `unit` octets. */
function joined(quote: Octets, extensions: Octets, room: number, unit: number): [octets: Octets, units: number] {
  const most = Math.floor((room - extensions.length) / unit) * unit;
  if (extensions.length === 0 || most < 128) return [quote.slice(0, room), 0];
  const padded = quote.slice(0, most);
  const size = Math.max(128, Math.ceil(padded.length / unit) * unit);
  return [[...padded, ...new Array<number>(size - padded.length).fill(0), ...extensions], size / unit];
}

/** An ICMPv4 error without IPv4 options as ICMPv6; `undefined` if there is no such error. */
export function referenceError4to6(packet: Octets): Octets | undefined {
  const message = packet.slice(20);
  const length = (message[5] ?? 0) * 4;
  const quote = length === 0 ? message.slice(8) : message.slice(8, 8 + length);
  const head = head4to6(message, wordAt(quote, 2));
  if (head === undefined) return undefined;
  const [type, code, word, isExtensible] = head;
  const extensions = length === 0 || !isExtensible ? [] : message.slice(8 + length);
  const [octets, units] = joined(quote4to6(quote), extensions, 1232, 8);
  const tos = packet[1] ?? 0;
  const to = [...REFERENCE_PREFIX, ...packet.slice(12, 16), ...REFERENCE_PREFIX, ...packet.slice(16, 20)];
  const result = [type, code, 0, 0, units || (word[0] ?? 0), ...word.slice(1), ...octets];
  result.splice(2, 2, ...two(referenceChecksum([...to, ...two(result.length), 0, 58, ...result])));
  const hops = (packet[8] ?? 0) - 1;
  return [0x60 + (tos >> 4), (tos & 15) << 4, 0, 0, ...two(result.length), 58, hops, ...to, ...result];
}

/** An ICMPv6 error without extension headers as ICMPv4, with identification 0; `undefined` if there is no such error. */
export function referenceError6to4(packet: Octets): Octets | undefined {
  const message = packet.slice(40);
  const hasLength = message[0] === 1 || message[0] === 3;
  const length = hasLength ? (message[4] ?? 0) * 8 : 0;
  const quote = length === 0 ? message.slice(8) : message.slice(8, 8 + length);
  const head = head6to4(message, quote[6] === 44);
  if (head === undefined) return undefined;
  const [type, code, word] = head;
  const [octets, units] = joined(quote6to4(quote), length === 0 ? [] : message.slice(8 + length), 548, 4);
  const result = [type, code, 0, 0, word[0] ?? 0, units, ...word.slice(2), ...octets];
  result.splice(2, 2, ...two(referenceChecksum(result)));
  const tos = (((packet[0] ?? 0) & 15) << 4) + ((packet[1] ?? 0) >> 4);
  const addresses = [...packet.slice(20, 24), ...packet.slice(36, 40)];
  return [...header4(tos, 20 + result.length, [0, 0], 0, (packet[7] ?? 0) - 1, 1, addresses), ...result];
}
