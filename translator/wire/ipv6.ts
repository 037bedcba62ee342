/**
 * The IPv6 header (RFC 8200 §3), as functions over a view and the offset where the header begins.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-------+---------------+---------------------------------------+
 *    |Version| Traffic Class |           Flow Label                  |
 *    +-------+---------------+-------+---------------+---------------+
 *    |         Payload Length        |  Next Header  |   Hop Limit   |
 *    +-------------------------------+---------------+---------------+
 *    |                    Source Address, 16 octets                  |
 *    +---------------------------------------------------------------+
 *    |                  Destination Address, 16 octets               |
 *    +---------------------------------------------------------------+
 */
import { type Ipv6Address, Ipv6Words } from '../../mapper/address/ipv6.ts';

/** Field offsets, in octets from the start of the header. */
export const field = {
  VERSION_CLASS_FLOW: 0,
  PAYLOAD_LENGTH: 4,
  NEXT_HEADER: 6,
  HOP_LIMIT: 7,
  SOURCE: 8,
  DESTINATION: 24,
} as const;

/** Octets of the fixed header. */
export const LENGTH = 40;

/** Every link carries packets of this size (RFC 8200 §5). */
export const MINIMUM_MTU = 1280;

/** Whether `length` octets at `at` begin with a whole header of version 6. */
export function hasHeader(view: DataView, at: number, length: number): boolean {
  return length >= LENGTH && view.getUint8(at + field.VERSION_CLASS_FLOW) >>> 4 === 6;
}

/** Whether `length` octets at `at` hold a whole packet, so that no accessor can read outside it. */
export function isValid(view: DataView, at: number, length: number): boolean {
  return hasHeader(view, at, length) && LENGTH + payloadLength(view, at) <= length;
}

export function trafficClass(view: DataView, at: number): number {
  return (view.getUint16(at + field.VERSION_CLASS_FLOW) >>> 4) & 255;
}
export function flowLabel(view: DataView, at: number): number {
  return view.getUint32(at + field.VERSION_CLASS_FLOW) & 0xfffff;
}
/** Octets behind the fixed header, extension headers included. */
export function payloadLength(view: DataView, at: number): number {
  return view.getUint16(at + field.PAYLOAD_LENGTH);
}
export function nextHeader(view: DataView, at: number): number {
  return view.getUint8(at + field.NEXT_HEADER);
}
export function hopLimit(view: DataView, at: number): number {
  return view.getUint8(at + field.HOP_LIMIT);
}
export function source(view: DataView, at: number, out: Ipv6Words): void {
  address(view, at + field.SOURCE, out);
}
export function destination(view: DataView, at: number, out: Ipv6Words): void {
  address(view, at + field.DESTINATION, out);
}

function address(view: DataView, at: number, out: Ipv6Words): void {
  out.w0 = view.getInt32(at);
  out.w1 = view.getInt32(at + 4);
  out.w2 = view.getInt32(at + 8);
  out.w3 = view.getInt32(at + 12);
}

/** What a header says. Kept and filled again for every packet. */
export class Ipv6Fields {
  trafficClass = 0;
  flowLabel = 0;
  payloadLength = 0;
  nextHeader = 0;
  hopLimit = 0;
  readonly source = new Ipv6Words();
  readonly destination = new Ipv6Words();
}

/** Writes all 40 octets, so that nothing of an earlier packet in the same buffer survives. */
export function emit(view: DataView, at: number, fields: Ipv6Fields): void {
  view.setInt32(at + field.VERSION_CLASS_FLOW, 0x60000000 | (fields.trafficClass << 20) | fields.flowLabel);
  view.setInt32(at + field.PAYLOAD_LENGTH, (fields.payloadLength << 16) | (fields.nextHeader << 8) | fields.hopLimit);
  emitAddress(view, at + field.SOURCE, fields.source);
  emitAddress(view, at + field.DESTINATION, fields.destination);
}

function emitAddress(view: DataView, at: number, from: Ipv6Address): void {
  view.setInt32(at, from.w0);
  view.setInt32(at + 4, from.w1);
  view.setInt32(at + 8, from.w2);
  view.setInt32(at + 12, from.w3);
}

/** Writes the payload length into an emitted header, as each piece of a cut packet needs. */
export function setPayloadLength(view: DataView, at: number, payloadLength: number): void {
  view.setUint16(at + field.PAYLOAD_LENGTH, payloadLength);
}
