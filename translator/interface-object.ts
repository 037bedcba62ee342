/**
 * The extension of a translated ICMP error that says which IPv6 address it came from, where that has no mapping (RFC 6791
 * §4): an Interface Information Object (RFC 5837 §4) with an IP Address Sub-Object, in an extension structure of its own or
 * at the end of the one that is there (RFC 4884 §7).
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-------+-----------------------+-------------------------------+
 *    |Version|       Reserved        |           Checksum            |
 *    +-------+-----------------------+---------------+---------------+
 *    |            Length             |   Class-Num   |    C-Type     |
 *    +-------------------------------+---------------+---------------+
 *    |        Address Family         |           Reserved            |
 *    +-------------------------------+-------------------------------+
 *    |                         IPv6 Address                          |
 */
import type { Ipv6Address } from '../mapper/address/ipv6.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { fold, sumOctets, update } from './wire/checksum.ts';

/** Octets of a structure's header, and of the object. */
const HEADER = 4;
const OBJECT = 24;

/** Where the checksum of a structure is. */
const CHECKSUM = 2;

const VERSION = 2;
const INTERFACE_INFORMATION = 2;
/** The interface that the packet in error came in by: role 0, and the bit that says that an address follows. */
const INCOMING_WITH_ADDRESS = 0x04;
/** IANA's address family number. */
const IPV6 = 2;

/**
 * Octets that naming a source adds to the extensions between `start` and `end`, if any: 0 where these are none that an
 * object could be added to.
 */
export function addedLength(view: DataView, start: number, end: number): number {
  if (start === end) return HEADER + OBJECT;
  const length = end - start;
  return length >= HEADER && length % 4 === 0 && view.getUint8(start) >>> 4 === VERSION ? OBJECT : 0;
}

/** Writes the object behind the `length` octets of extensions that `out` ends with, and makes their checksum right again. */
export function appendInterface(out: HeaderBuffer, length: number, source: Ipv6Address): void {
  const { view } = out;
  const structure = out.position - length;
  if (length === 0) {
    view.setUint32(structure, VERSION << 28);
    out.position += HEADER;
  }
  const at = out.position;
  view.setInt32(at, (OBJECT << 16) | (INTERFACE_INFORMATION << 8) | INCOMING_WITH_ADDRESS);
  view.setInt32(at + 4, IPV6 << 16);
  view.setInt32(at + 8, source.w0);
  view.setInt32(at + 12, source.w1);
  view.setInt32(at + 16, source.w2);
  view.setInt32(at + 20, source.w3);
  out.position = at + OBJECT;
  const field = structure + CHECKSUM;
  const before = view.getUint16(field);
  // 0 says that there is none, and so is not written for one; what is wrong stays so.
  if (length === 0) view.setUint16(field, fold(sumOctets(view, structure, out.position)) ^ 0xffff || 0xffff);
  else if (before !== 0) view.setUint16(field, update(before, sumOctets(view, at, out.position)) || 0xffff);
}
