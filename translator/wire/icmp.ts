/**
 * What ICMPv4 (RFC 792) and ICMPv6 (RFC 4443 §2.1) headers have in common, as functions over a view and the offset
 * where the header begins. The meaning of the numbers is in `icmpv4.ts` and `icmpv6.ts`.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +---------------+---------------+-------------------------------+
 *    |      Type     |      Code     |           Checksum            |
 *    +---------------+---------------+-------------------------------+
 *    |    Parameter: identifier and sequence, an MTU, a pointer …    |
 *    +---------------------------------------------------------------+
 *    |    Data, or as much of the packet in error as fits            |
 */
import { fold, sumOctets } from './checksum.ts';

/** Field offsets, in octets from the start of the header. */
export const field = { TYPE: 0, CODE: 1, CHECKSUM: 2, PARAMETER: 4 } as const;

export const LENGTH = 8;

export function type(view: DataView, at: number): number {
  return view.getUint8(at + field.TYPE);
}
export function code(view: DataView, at: number): number {
  return view.getUint8(at + field.CODE);
}
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + field.CHECKSUM);
}
/** The second word, unsigned. */
export function parameter(view: DataView, at: number): number {
  return view.getUint32(at + field.PARAMETER);
}

/** Writes all 8 octets. */
export function emit(
  view: DataView,
  at: number,
  type: number,
  code: number,
  checksum: number,
  parameter: number,
): void {
  view.setInt32(at + field.TYPE, (type << 24) | (code << 16) | checksum);
  view.setInt32(at + field.PARAMETER, parameter);
}

/** Computes the checksum of a message that ends at `end`, given the sum of its pseudo-header (0 for ICMPv4). */
export function fillChecksum(view: DataView, at: number, end: number, pseudoHeader: number): void {
  view.setUint16(at + field.CHECKSUM, 0);
  view.setUint16(at + field.CHECKSUM, fold(sumOctets(view, at, end) + pseudoHeader) ^ 0xffff);
}
