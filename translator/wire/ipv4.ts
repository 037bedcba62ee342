/**
 * The IPv4 header (RFC 791 §3.1), as functions over a view and the offset where the header begins: nothing is made per
 * packet. `isValid` is asked once; the accessors behind it never check.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-------+-------+---------------+-------------------------------+
 *    |Version|  IHL  |Type of Service|          Total Length         |
 *    +-------+-------+---------------+-----+-------------------------+
 *    |         Identification        |Flags|     Fragment Offset     |
 *    +---------------+---------------+-----+-------------------------+
 *    |  Time to Live |    Protocol   |        Header Checksum        |
 *    +---------------+---------------+-------------------------------+
 *    |                         Source Address                        |
 *    +---------------------------------------------------------------+
 *    |                      Destination Address                      |
 *    +---------------------------------------------------------------+
 *    |                      Options, IHL > 5                         |
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import { fold, sumOctets, sumWord } from './checksum.ts';

/** Field offsets, in octets from the start of the header. */
export const field = {
  VERSION_IHL: 0,
  TYPE_OF_SERVICE: 1,
  TOTAL_LENGTH: 2,
  IDENTIFICATION: 4,
  FRAGMENTATION: 6,
  TIME_TO_LIVE: 8,
  PROTOCOL: 9,
  CHECKSUM: 10,
  SOURCE: 12,
  DESTINATION: 16,
} as const;

/** Octets of a header without options. */
export const LENGTH = 20;

/** Bits of the word `fragmentation`: the flags; the rest is the offset, in units of 8 octets. */
export const flag = { RESERVED: 0x8000, DONT_FRAGMENT: 0x4000, MORE_FRAGMENTS: 0x2000 } as const;
export const OFFSET_MASK = 0x1fff;

/** Whether `length` octets at `at` begin with a whole header, options included, of version 4. */
export function hasHeader(view: DataView, at: number, length: number): boolean {
  if (length < LENGTH || view.getUint8(at + field.VERSION_IHL) >>> 4 !== 4) return false;
  const own = headerLength(view, at);
  return own >= LENGTH && own <= length;
}

/** Whether `length` octets at `at` hold a whole packet, so that no accessor can read outside it. */
export function isValid(view: DataView, at: number, length: number): boolean {
  if (!hasHeader(view, at, length)) return false;
  const total = totalLength(view, at);
  return total >= headerLength(view, at) && total <= length;
}

/** Whether the header checksum is right. */
export function isChecksumRight(view: DataView, at: number): boolean {
  return fold(sumOctets(view, at, at + headerLength(view, at))) === 0xffff;
}

export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at + field.VERSION_IHL) & 15) << 2;
}
export function typeOfService(view: DataView, at: number): number {
  return view.getUint8(at + field.TYPE_OF_SERVICE);
}
export function totalLength(view: DataView, at: number): number {
  return view.getUint16(at + field.TOTAL_LENGTH);
}
export function identification(view: DataView, at: number): number {
  return view.getUint16(at + field.IDENTIFICATION);
}
/** Flags and fragment offset as one word: see `flag` and `OFFSET_MASK`. */
export function fragmentation(view: DataView, at: number): number {
  return view.getUint16(at + field.FRAGMENTATION);
}
export function timeToLive(view: DataView, at: number): number {
  return view.getUint8(at + field.TIME_TO_LIVE);
}
export function protocol(view: DataView, at: number): number {
  return view.getUint8(at + field.PROTOCOL);
}
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + field.CHECKSUM);
}
export function source(view: DataView, at: number): Ipv4Address {
  return view.getUint32(at + field.SOURCE) as Ipv4Address;
}
export function destination(view: DataView, at: number): Ipv4Address {
  return view.getUint32(at + field.DESTINATION) as Ipv4Address;
}

/** What a header without options says. Kept and filled again for every packet. */
export class Ipv4Fields {
  typeOfService = 0;
  /** Octets of the packet, this header included. */
  totalLength = 0;
  identification = 0;
  fragmentation = 0;
  timeToLive = 0;
  protocol = 0;
  /** Addresses as signed words: such numbers V8 keeps in an object without allocating. */
  source = 0;
  destination = 0;
}

/** Writes all 20 octets, checksum included, so that nothing of an earlier packet in the same buffer survives. */
export function emit(view: DataView, at: number, fields: Ipv4Fields): void {
  const first = 0x45000000 | (fields.typeOfService << 16) | fields.totalLength;
  const second = (fields.identification << 16) | fields.fragmentation;
  const life = (fields.timeToLive << 8) | fields.protocol;
  const sum = sumWord(first) + sumWord(second) + life + sumWord(fields.source) + sumWord(fields.destination);
  view.setInt32(at + field.VERSION_IHL, first);
  view.setInt32(at + field.IDENTIFICATION, second);
  view.setInt32(at + field.TIME_TO_LIVE, (life << 16) | (fold(sum) ^ 0xffff));
  view.setInt32(at + field.SOURCE, fields.source);
  view.setInt32(at + field.DESTINATION, fields.destination);
}

/**
 * Writes length and fragmentation into an emitted header and its checksum anew, as each piece of a cut packet needs.
 */
export function setPiece(view: DataView, at: number, totalLength: number, fragmentation: number): void {
  view.setUint16(at + field.TOTAL_LENGTH, totalLength);
  view.setUint16(at + field.FRAGMENTATION, fragmentation);
  view.setUint16(at + field.CHECKSUM, 0);
  view.setUint16(at + field.CHECKSUM, fold(sumOctets(view, at, at + headerLength(view, at))) ^ 0xffff);
}

/** Writes the identification, of which the low 16 bits count; the checksum is not right until `setPiece`. */
export function setIdentification(view: DataView, at: number, identification: number): void {
  view.setUint16(at + field.IDENTIFICATION, identification);
}
