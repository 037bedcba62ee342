/** The head of a translated ICMP error, and what follows it: the rest of the quote and extensions (RFC 4884 §4, §5). */
import type { HeaderBuffer } from './header-buffer.ts';

/** In the tables of codes and pointers: there is nothing like it in the other family. */
export const NOT_TRANSLATED = -1;

/** Type, code and second word of an error. Kept and filled again for every one. */
export class IcmpMessage {
  type = 0;
  code = 0;
  parameter = 0;
  /** Whether an ICMPv6 message of this type has a place for the length of the quote, and so may carry extensions. */
  isExtensible = false;
}

/**
 * How an error says how long its quote is: in units of so many octets, in which bits of its second word (RFC 4884 §4).
 */
export const lengthInIcmpv4 = { UNIT: 4, SHIFT: 16 } as const;
export const lengthInIcmpv6 = { UNIT: 8, SHIFT: 24 } as const;

/** A quote that extensions follow is at least this long (RFC 4884 §5). */
const LEAST_EXTENDED_QUOTE = 128;

/**
 * Where a quote ends: `units` of `unit` octets after `quote`, or at `end` when there are none (RFC 4884 §5.1). Returns
 * -1 if that is past the end.
 */
export function quoteEnd(quote: number, units: number, unit: number, end: number): number {
  if (units === 0) return end;
  return quote + units * unit <= end ? quote + units * unit : -1;
}

/**
 * Copies into `out` the rest of the quote that began at `quote` in `out`, so far as it and the extensions from
 * `extensions` to `end` fit `room` octets; extensions stay whole, or are left out when they leave the quote no place.
 * `added` octets more of extensions are to follow, which the caller writes. Returns the length of the quote in units of
 * `unit` octets, 0 without extensions.
 */
export function appendQuote(
  view: DataView,
  out: HeaderBuffer,
  quote: number,
  room: number,
  unit: number,
  extensions: number,
  end: number,
  added = 0,
): number {
  const length = end - extensions + added;
  const quoteRoom = roomForQuote(room, length, unit);
  const isExtended = length > 0 && quoteRoom >= LEAST_EXTENDED_QUOTE;
  const left = quote + (isExtended ? quoteRoom : room) - out.position;
  append(view, out, out.restStart, Math.min(out.restEnd, out.restStart + Math.max(0, left)));
  out.restStart = out.restEnd = end;
  if (!isExtended) return 0;
  while (out.position - quote < LEAST_EXTENDED_QUOTE || (out.position - quote) % unit !== 0) {
    out.view.setUint8(out.position++, 0);
  }
  const units = (out.position - quote) / unit;
  append(view, out, extensions, end);
  return units;
}

/** Whether `length` octets of extensions leave a place for the quote in `room` octets. */
export function isRoomFor(length: number, room: number, unit: number): boolean {
  return roomForQuote(room, length, unit) >= LEAST_EXTENDED_QUOTE;
}

function roomForQuote(room: number, length: number, unit: number): number {
  return Math.floor((room - length) / unit) * unit;
}

function append(view: DataView, out: HeaderBuffer, from: number, to: number): void {
  for (let at = from; at < to; at++) out.view.setUint8(out.position++, view.getUint8(at));
}
