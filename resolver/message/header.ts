/**
 * The header of a DNS message (RFC 1035 §4.1.1, RFC 4035 §3.2 for AD and CD), read and written in place.
 *
 *       0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *   0 |                      ID                       |
 *   2 |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
 *   4 |                    QDCOUNT                    |
 *   6 |                    ANCOUNT                    |
 *   8 |                    NSCOUNT                    |
 *  10 |                    ARCOUNT                    |
 *     +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
 *
 * Nothing here checks: a message of fewer than `HEADER_LENGTH` octets must have been turned away before.
 */

export const HEADER_LENGTH = 12;

export const field = { ID: 0, FLAGS: 2, QDCOUNT: 4, ANCOUNT: 6, NSCOUNT: 8, ARCOUNT: 10 } as const;

export const flag = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const;

/** The 16-bit number at `offset`. */
export function uint16(octets: Uint8Array, offset: number): number {
  return ((octets[offset] ?? 0) << 8) | (octets[offset + 1] ?? 0);
}

/** The 32-bit unsigned number at `offset`. */
export function uint32(octets: Uint8Array, offset: number): number {
  return uint16(octets, offset) * 0x10000 + uint16(octets, offset + 2);
}

export function putUint16(octets: Uint8Array, offset: number, value: number): void {
  octets[offset] = value >>> 8;
  octets[offset + 1] = value;
}

export function idOf(message: Uint8Array): number {
  return uint16(message, field.ID);
}

export function flagsOf(message: Uint8Array): number {
  return uint16(message, field.FLAGS);
}

export function hasFlag(message: Uint8Array, bit: number): boolean {
  return (flagsOf(message) & bit) !== 0;
}

export function opcodeOf(message: Uint8Array): number {
  return (flagsOf(message) >>> 11) & 15;
}

/** A copy of `message` under another ID; every other octet is the same. */
export function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(message);
  putUint16(copy, field.ID, id);
  return copy;
}
