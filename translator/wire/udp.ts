/**
 * The UDP header (RFC 768), as functions over a view and the offset where the header begins.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-------------------------------+-------------------------------+
 *    |          Source Port          |       Destination Port        |
 *    +-------------------------------+-------------------------------+
 *    |            Length             |           Checksum            |
 *    +-------------------------------+-------------------------------+
 */

/** Field offsets, in octets from the start of the header. */
export const field = { SOURCE_PORT: 0, DESTINATION_PORT: 2, LENGTH: 4, CHECKSUM: 6 } as const;

export const LENGTH = 8;

export function sourcePort(view: DataView, at: number): number {
  return view.getUint16(at + field.SOURCE_PORT);
}
export function destinationPort(view: DataView, at: number): number {
  return view.getUint16(at + field.DESTINATION_PORT);
}
/** Octets of header and payload, as the sender says. */
export function length(view: DataView, at: number): number {
  return view.getUint16(at + field.LENGTH);
}
/** 0 means: none was computed. */
export function checksum(view: DataView, at: number): number {
  return view.getUint16(at + field.CHECKSUM);
}
