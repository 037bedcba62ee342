/**
 * TCP and UDP (RFC 7915 §4.5, §5.5): of a transport header only the checksum changes, so what is written anew ends with
 * it, and the rest goes out from where it is. The same in both directions.
 */
import type { HeaderBuffer } from './header-buffer.ts';
import { checksumState } from './offload.ts';
import { type Verdict, verdict } from './verdict.ts';
import { fold, sumOctets, sumPseudoHeader, update } from './wire/checksum.ts';
import { protocol } from './wire/protocol.ts';
import * as tcp from './wire/tcp.ts';
import * as udp from './wire/udp.ts';

/** Octets of a TCP header up to the end of its checksum. */
const TCP_COPIED = 18;

/** What a packet of either family says about its transport header; `Ipv4Reading` and `Ipv6Reading` are such. */
export interface TransportReading {
  readonly view: DataView;
  readonly transport: number;
  readonly end: number;
  readonly isQuote: boolean;
}

/**
 * Writes the TCP header of `packet` to `out`, as far as its checksum. `change` is what the pseudo-header's sum gains.
 * `state` is one of `checksumState`. Of a quote that ends before the checksum nothing is written.
 */
export function translateTcp(packet: TransportReading, state: number, change: number, out: HeaderBuffer): Verdict {
  const { view, transport: at, end, isQuote } = packet;
  if (end - at < tcp.LENGTH && !isQuote) return verdict['dropped-malformed'];
  if (end - at < TCP_COPIED) return verdict.translated;
  const to = out.position;
  const target = out.view;
  target.setInt32(to, view.getInt32(at));
  target.setInt32(to + 4, view.getInt32(at + 4));
  target.setInt32(to + 8, view.getInt32(at + 8));
  target.setInt32(to + 12, view.getInt32(at + 12));
  const field = to + tcp.field.CHECKSUM;
  target.setUint16(field, changed(tcp.checksum(view, at), state, change));
  out.position = to + TCP_COPIED;
  out.restStart = at + TCP_COPIED;
  if (state === checksumState.TO_COMPLETE) complete(view, field, to, end, out);
  return verdict.translated;
}

/**
 * Writes the UDP header of `packet` to `out`. `onZero` says what becomes of a packet without checksum: it may stay so,
 * be dropped, or get one, computed with `pseudoHeader`, the sum of the new addresses.
 */
export function translateUdp(
  packet: TransportReading,
  state: number,
  change: number,
  onZero: 'pass' | 'drop' | 'compute',
  pseudoHeader: number,
  out: HeaderBuffer,
): Verdict {
  const { view, transport: at, end, isQuote } = packet;
  if (end - at < udp.LENGTH) return isQuote ? verdict.translated : verdict['dropped-malformed'];
  const to = out.position;
  const field = to + udp.field.CHECKSUM;
  const checksum = udp.checksum(view, at);
  out.view.setInt32(to, view.getInt32(at));
  out.view.setInt32(to + 4, view.getInt32(at + 4));
  out.position = to + udp.LENGTH;
  out.restStart = at + udp.LENGTH;
  if (state !== checksumState.COMPLETE) {
    out.view.setUint16(field, changed(checksum, state, change));
    if (state === checksumState.TO_COMPLETE) complete(view, field, to, end, out);
  } else if (checksum !== 0) {
    out.view.setUint16(field, update(checksum, change));
  } else if (onZero === 'drop') {
    return verdict['dropped-zero-udp-checksum'];
  } else if (onZero === 'compute') {
    const length = udp.length(view, at);
    if (length < udp.LENGTH || length > end - at) return verdict['dropped-malformed'];
    const sum = pseudoHeader + sumPseudoHeader(length, protocol.UDP) + sumOctets(view, at, at + length);
    out.view.setUint16(field, fold(sum) ^ 0xffff);
  } else return verdict.translated;
  // A checksum that comes out as 0 is written as its other form: 0 would say that there is none (RFC 768).
  if (state !== checksumState.PARTIAL && out.view.getUint16(field) === 0) out.view.setUint16(field, 0xffff);
  return verdict.translated;
}

/** A checksum field after the pseudo-header changed: of a partial one the sum is not complemented. */
function changed(field: number, state: number, change: number): number {
  return state === checksumState.COMPLETE ? update(field, change) : fold(field + change);
}

/** Turns the sum in `field` into a checksum over the header written at `header` and the rest of the input. */
function complete(view: DataView, field: number, header: number, end: number, out: HeaderBuffer): void {
  const sum = sumOctets(out.view, header, out.position) + sumOctets(view, out.restStart, end);
  out.view.setUint16(field, fold(sum) ^ 0xffff);
}
