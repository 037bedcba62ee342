/**
 * ICMPv4 errors as ICMPv6 errors (RFC 7915 §4.2, §4.3, §4.4). The packet in error goes through the same `headers4to6`
 * as any other. Errors are short and rare, so the quote is copied: it can be cut, padded and summed where it lies.
 * `icmp-error-six-to-four.ts` is the same the other way round.
 */
import type { AddressMap } from '../mapper/address-map.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { addresses4to6, emitHeader4to6, headers4to6 } from './headers-four-to-six.ts';
import { appendQuote, IcmpMessage, lengthInIcmpv4, lengthInIcmpv6, quoteEnd } from './icmp-message.ts';
import { types4to6 } from './icmp-types-four-to-six.ts';
import { checksumState } from './offload.ts';
import type { PathMtu } from './path-mtu.ts';
import { Ipv4Reading } from './read-ipv4.ts';
import { type Verdict, verdict } from './verdict.ts';
import { difference, fold, sumIpv6, sumOctets, sumPseudoHeader, update } from './wire/checksum.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/** An ICMPv6 error is never longer (RFC 4443 §2.4). */
const ROOM = ipv6Header.MINIMUM_MTU - ipv6Header.LENGTH - icmp.LENGTH;

const quoted = new Ipv4Reading();
const quotedHeader = new ipv6Header.Ipv6Fields();
const message = new IcmpMessage();

/** Translates a whole ICMPv4 error. `header` holds the outer addresses and hop limit already. */
export function icmpError4to6(
  packet: Ipv4Reading,
  header: ipv6Header.Ipv6Fields,
  maps: AddressMap,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const { view, transport, end } = packet;
  if (end - transport < icmp.LENGTH) return verdict['dropped-malformed'];
  const type = icmp.type(view, transport);
  const parameter = icmp.parameter(view, transport);
  const from = transport + icmp.LENGTH;
  const to = quoteEnd(from, hasLength(type) ? (parameter >>> lengthInIcmpv4.SHIFT) & 255 : 0, lengthInIcmpv4.UNIT, end);
  if (to < 0) return verdict['dropped-malformed'];
  const read = quoted.readQuote(view, from, to - from);
  if (read !== verdict.translated) return read;
  const quotedLength = ipv4Header.totalLength(view, from);
  if (!types4to6(type, icmp.code(view, transport), parameter, quotedLength, path, message)) {
    return verdict['dropped-icmp-type'];
  }
  const addressed = addresses4to6(quoted, quotedHeader, maps, path);
  if (addressed !== verdict.translated) return addressed;

  const start = out.position;
  const head = start + ipv6Header.LENGTH;
  const quote = head + icmp.LENGTH;
  out.position = quote;
  quotedHeader.hopLimit = ipv4Header.timeToLive(view, from);
  const written = headers4to6(quoted, quotedHeader, quoted.isFragment, checksumState.COMPLETE, path, out);
  if (written !== verdict.translated) return written;
  const units = appendQuote(view, out, quote, ROOM, lengthInIcmpv6.UNIT, message.isExtensible ? to : end, end);

  const length = out.position - head;
  icmp.emit(out.view, head, message.type, message.code, 0, message.parameter | (units << lengthInIcmpv6.SHIFT));
  const before = sumOctets(view, transport, end) - icmp.checksum(view, transport);
  const pseudoHeader = sumIpv6(header.source) + sumIpv6(header.destination) + sumPseudoHeader(length, protocol.ICMPV6);
  const after = fold(sumOctets(out.view, head, out.position)) + pseudoHeader;
  const checksum = update(icmp.checksum(view, transport), difference(after, before));
  out.view.setUint16(head + icmp.field.CHECKSUM, checksum);
  header.nextHeader = protocol.ICMPV6;
  emitHeader4to6(packet, header, length, path, out, start);
  out.end();
  return verdict.translated;
}

/** Whether messages of a type have a place for the length of the quote (RFC 4884 §4). */
function hasLength(type: number): boolean {
  return (
    type === icmpv4.type.DESTINATION_UNREACHABLE ||
    type === icmpv4.type.TIME_EXCEEDED ||
    type === icmpv4.type.PARAMETER_PROBLEM
  );
}
