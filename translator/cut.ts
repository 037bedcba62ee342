/**
 * Cuts a translated packet into fragments (RFC 8200 §4.5, RFC 791 §3.2): one header per slice of the input, which is
 * not moved. The first piece holds what was written of the transport header.
 */
import { HEADROOM, type HeaderBuffer, MOST_PIECES } from './header-buffer.ts';
import { type Verdict, verdict } from './verdict.ts';
import * as fragmentHeader from './wire/fragment.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';

/** Octets before the fragmentable part of an IPv6 fragment. */
const IPV6_HEADERS = ipv6Header.LENGTH + fragmentHeader.LENGTH;

/** Cuts piece 0, an IPv6 packet with a Fragment Header, into pieces of at most `limit` octets. */
export function cutIpv6(out: HeaderBuffer, limit: number): Verdict {
  const fragmentAt = HEADROOM + ipv6Header.LENGTH;
  const offset = fragmentHeader.offset(out.view, fragmentAt);
  const hasMore = fragmentHeader.hasMore(out.view, fragmentAt);
  if (!cut(out, IPV6_HEADERS, limit)) return verdict['dropped-too-long'];
  let from = offset;
  for (let piece = 0; piece < out.count; piece++) {
    const at = out.headerStart[piece] as number;
    const length = (out.headerLength[piece] as number) - IPV6_HEADERS + (out.payloadLength[piece] as number);
    ipv6Header.setPayloadLength(out.view, at, fragmentHeader.LENGTH + length);
    fragmentHeader.setPiece(out.view, at + ipv6Header.LENGTH, from, hasMore || piece + 1 < out.count);
    from += length >>> 3;
  }
  return verdict.translated;
}

/** Cuts piece 0, an IPv4 packet, into pieces of at most `limit` octets. */
export function cutIpv4(out: HeaderBuffer, limit: number): Verdict {
  const fragmentation = ipv4Header.fragmentation(out.view, HEADROOM);
  if (!cut(out, ipv4Header.LENGTH, limit)) return verdict['dropped-too-long'];
  let from = fragmentation;
  for (let piece = 0; piece < out.count; piece++) {
    const at = out.headerStart[piece] as number;
    const length = (out.headerLength[piece] as number) + (out.payloadLength[piece] as number);
    const more = piece + 1 < out.count ? ipv4Header.flag.MORE_FRAGMENTS : 0;
    ipv4Header.setPiece(out.view, at, length, from | more);
    from += (length - ipv4Header.LENGTH) >>> 3;
  }
  return verdict.translated;
}

/**
 * Divides the payload of piece 0 and repeats its first `unfragmentable` octets before every part; parts are multiples
 * of 8 octets but for the last, which may fill `limit`. Returns false, and leaves no piece, if there would be more than
 * `MOST_PIECES`.
 */
function cut(out: HeaderBuffer, unfragmentable: number, limit: number): boolean {
  const most = ((limit - unfragmentable) >>> 3) << 3;
  const moreInLast = limit - unfragmentable - most;
  const end = (out.payloadStart[0] as number) + (out.payloadLength[0] as number);
  let next = out.payloadStart[0] as number;
  let room = most - ((out.headerLength[0] as number) - unfragmentable);
  let piece = 0;
  for (;;) {
    const left = end - next;
    const isLast = left <= room + moreInLast;
    out.payloadStart[piece] = next;
    out.payloadLength[piece] = isLast ? left : room;
    next += room;
    piece++;
    if (isLast) break;
    if (piece === MOST_PIECES) {
      out.count = 0;
      return false;
    }
    const start = out.headerStart[piece] as number;
    out.bytes.copyWithin(start, HEADROOM, HEADROOM + unfragmentable);
    out.headerLength[piece] = unfragmentable;
    room = most;
  }
  out.count = piece;
  return true;
}
