/**
 * The format of the file that keeps mappings (M14): a line for people, then records, each whole in itself. All numbers
 * are in network order.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           CRC-32 of all that follows in this record           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     Length of this record     |     Kind      |     Names     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         IPv4 address                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    IPv6 address, 16 octets                    :
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             Made at, in seconds since 1970                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             Promised until, in seconds since 1970             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Names, the newest last: one octet of length, and the text    :
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
import { crc32 } from 'node:zlib';
import { ipv4 } from '../address/ipv4.ts';
import { ipv6 } from '../address/ipv6.ts';
import type { Mapping } from '../mapping.ts';

/** The checksum begins with it, so that records of another version are no records at all. */
const VERSION = 1;
/** How the file begins. Nothing depends on it: it is for whoever looks at the file. */
export const HEADING = Buffer.from(`bis mappings ${VERSION} \n`, 'latin1');

/** Field offsets, in octets from the start of the record. */
const field = {
  CHECKSUM: 0,
  LENGTH: 4,
  KIND: 6,
  NAMES: 7,
  IPV4: 8,
  IPV6: 12,
  MADE: 28,
  PROMISED: 32,
  TEXT: 36,
} as const;
/**
 * A mapping that was promised in an answer; one of a peer that came by itself (M15); and nobody, whose address is `::`,
 * where there was a mapping that somebody ended.
 */
const kind = { MAPPING: 1, STRANGER: 2, NOBODY: 3 } as const;

/** Octets for the names of one record, with their lengths; older names than fit are left out. */
const MOST_TEXT = 256;
export const LONGEST_RECORD = field.TEXT + MOST_TEXT;
/** Records begin at multiples of it, and end there, filled up with zeros. */
export const ALIGNMENT = 4;

/** Names in presentation format (RFC 1035 §5.1) are of these characters; others are not kept. */
const printable = /^[!-~]{1,255}$/;

/** Writes a mapping that is promised until `promisedUntil`; there must be `LONGEST_RECORD` octets. Returns the length. */
export function writeRecord(mapping: Mapping, promisedUntil: number, out: Buffer, offset: number): number {
  const names = namesThatFit(mapping.names);
  const { w0, w1, w2, w3 } = mapping.ipv6;
  let end = offset + field.TEXT;
  for (const name of names) {
    out[end] = name.length;
    out.write(name, end + 1, 'latin1');
    end += 1 + name.length;
  }
  while ((end - offset) % ALIGNMENT !== 0) out[end++] = 0;
  out.writeUInt16BE(end - offset, offset + field.LENGTH);
  const isNobody = (w0 | w1 | w2 | w3) === 0;
  out[offset + field.KIND] = isNobody ? kind.NOBODY : mapping.isStranger ? kind.STRANGER : kind.MAPPING;
  out[offset + field.NAMES] = names.length;
  out.writeUInt32BE(mapping.ipv4, offset + field.IPV4);
  out.writeInt32BE(w0, offset + field.IPV6);
  out.writeInt32BE(w1, offset + field.IPV6 + 4);
  out.writeInt32BE(w2, offset + field.IPV6 + 8);
  out.writeInt32BE(w3, offset + field.IPV6 + 12);
  out.writeUInt32BE(seconds(mapping.createdAt), offset + field.MADE);
  out.writeUInt32BE(seconds(promisedUntil), offset + field.PROMISED);
  out.writeUInt32BE(crc32(out.subarray(offset + field.LENGTH, end), VERSION), offset + field.CHECKSUM);
  return end - offset;
}

/** The length of the record at `offset` if one is there, whole, before `end`; otherwise 0. */
export function wholeRecord(octets: Buffer, offset: number, end: number): number {
  if (offset + field.TEXT > end || !isKind(octets[offset + field.KIND])) return 0;
  const length = octets.readUInt16BE(offset + field.LENGTH);
  if (length < field.TEXT || length > LONGEST_RECORD || length % ALIGNMENT !== 0 || offset + length > end) return 0;
  const checksum = crc32(octets.subarray(offset + field.LENGTH, offset + length), VERSION);
  return checksum === octets.readUInt32BE(offset + field.CHECKSUM) ? length : 0;
}

function isKind(value: number | undefined): boolean {
  return value === kind.MAPPING || value === kind.STRANGER || value === kind.NOBODY;
}

/** Reads the mapping of a whole record. */
export function readRecord(octets: Buffer, offset: number): Mapping {
  const end = offset + octets.readUInt16BE(offset + field.LENGTH);
  const names: string[] = [];
  let at = offset + field.TEXT;
  for (let left = octets[offset + field.NAMES] as number; left > 0 && at < end; left--) {
    const next = at + 1 + (octets[at] as number);
    names.push(octets.toString('latin1', at + 1, Math.min(next, end)));
    at = next;
  }
  const ipv6At = offset + field.IPV6;
  return {
    ipv4: ipv4(octets.readUInt32BE(offset + field.IPV4)),
    ipv6: ipv6(
      octets.readInt32BE(ipv6At),
      octets.readInt32BE(ipv6At + 4),
      octets.readInt32BE(ipv6At + 8),
      octets.readInt32BE(ipv6At + 12),
    ),
    names,
    createdAt: octets.readUInt32BE(offset + field.MADE),
    promisedUntil: octets.readUInt32BE(offset + field.PROMISED),
    isStranger: octets[offset + field.KIND] === kind.STRANGER,
  };
}

/** The newest of the names, as many as fit, in their order. */
function namesThatFit(names: readonly string[]): readonly string[] {
  let room = MOST_TEXT;
  const fitting: string[] = [];
  for (let index = names.length - 1; index >= 0; index--) {
    const name = names[index] as string;
    if (!printable.test(name)) continue;
    room -= 1 + name.length;
    if (room < 0) break;
    fitting.unshift(name);
  }
  return fitting;
}

/** A time that fits into its field, which ends in 2106. */
function seconds(time: number): number {
  return Math.min(Math.max(0, Math.ceil(time)), 0xffff_ffff);
}
