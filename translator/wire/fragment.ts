/**
 * The IPv6 Fragment Header (RFC 8200 §4.5), as functions over a view and the offset where the header begins.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +---------------+---------------+-------------------------+---+-+
 *    |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
 *    +---------------+---------------+-------------------------+---+-+
 *    |                         Identification                        |
 *    +---------------------------------------------------------------+
 */

/** Field offsets, in octets from the start of the header. */
const field = { NEXT_HEADER: 0, OFFSET_MORE: 2, IDENTIFICATION: 4 } as const;

export const LENGTH = 8;

/** Where this fragment's octets belong, in units of 8 octets. */
export function offset(view: DataView, at: number): number {
  return view.getUint16(at + field.OFFSET_MORE) >>> 3;
}
export function hasMore(view: DataView, at: number): boolean {
  return (view.getUint16(at + field.OFFSET_MORE) & 1) !== 0;
}
/** All 32 bits, as a signed word. */
export function identification(view: DataView, at: number): number {
  return view.getInt32(at + field.IDENTIFICATION);
}

/** Writes all 8 octets; reserved bits are 0. `offset` counts units of 8 octets. */
export function emit(
  view: DataView,
  at: number,
  nextHeader: number,
  offset: number,
  hasMore: boolean,
  identification: number,
): void {
  view.setInt32(at + field.NEXT_HEADER, (nextHeader << 24) | (offset << 3) | (hasMore ? 1 : 0));
  view.setInt32(at + field.IDENTIFICATION, identification);
}

/** Writes offset and M into an emitted header, as each piece of a cut packet needs. */
export function setPiece(view: DataView, at: number, offset: number, hasMore: boolean): void {
  view.setUint16(at + field.OFFSET_MORE, (offset << 3) | (hasMore ? 1 : 0));
}
