/**
 * The TCP header (RFC 9293 §3.1), as functions over a view and the offset where the header begins.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-------------------------------+-------------------------------+
 *    |          Source Port          |       Destination Port        |
 *    +-------------------------------+-------------------------------+
 *    |                        Sequence Number                        |
 *    +---------------------------------------------------------------+
 *    |                     Acknowledgment Number                     |
 *    +-------+-------+---------------+-------------------------------+
 *    | Offset|       |     Flags     |             Window            |
 *    +-------+-------+---------------+-------------------------------+
 *    |           Checksum            |         Urgent Pointer        |
 *    +-------------------------------+-------------------------------+
 *    |                        Options, Offset > 5                    |
 */

/** Field offsets, in octets from the start of the header. */
export const field = {
  SOURCE_PORT: 0,
  DESTINATION_PORT: 2,
  SEQUENCE: 4,
  ACKNOWLEDGMENT: 8,
  DATA_OFFSET: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT: 18,
} as const;

/** Octets of a header without options. */
export const LENGTH = 20;

/** Flag bits that one segment of a packet has and the others have not. */
export const flag = { FIN: 0x01, PSH: 0x08, CWR: 0x80 } as const;

/** Names of the flag bits, the lowest first. */
export const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;

export function sourcePort(view: DataView, at: number): number {
  return view.getUint16(at + field.SOURCE_PORT);
}
export function destinationPort(view: DataView, at: number): number {
  return view.getUint16(at + field.DESTINATION_PORT);
}
export function sequence(view: DataView, at: number): number {
  return view.getUint32(at + field.SEQUENCE);
}
export function acknowledgment(view: DataView, at: number): number {
  return view.getUint32(at + field.ACKNOWLEDGMENT);
}
/** Octets of header and options, as the data offset says: 0 to 60, and only from 20 on is it one. */
export function headerLength(view: DataView, at: number): number {
  return (view.getUint8(at + field.DATA_OFFSET) >>> 4) << 2;
}
export function flags(view: DataView, at: number): number {
  return view.getUint8(at + field.FLAGS);
}
export function window(view: DataView, at: number): number {
  return view.getUint16(at + field.WINDOW);
}
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + field.CHECKSUM);
}
export function urgentPointer(view: DataView, at: number): number {
  return view.getUint16(at + field.URGENT);
}
