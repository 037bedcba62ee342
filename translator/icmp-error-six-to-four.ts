/**
 * ICMPv6 errors as ICMPv4 errors (RFC 7915 §5.2, §5.3, §5.4). The packet in error goes through the same `headers6to4`
 * as any other. Errors are short and rare, so the quote is copied: it can be cut, padded and summed where it lies.
 * `icmp-error-four-to-six.ts` is the same the other way round.
 */

import { Ipv6Words } from '../mapper/address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from '../mapper/address-map.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { addresses6to4, emitHeader6to4, headers6to4 } from './headers-six-to-four.ts';
import { appendQuote, IcmpMessage, isRoomFor, lengthInIcmpv4, lengthInIcmpv6, quoteEnd } from './icmp-message.ts';
import { types6to4 } from './icmp-types-six-to-four.ts';
import { addedLength, appendInterface } from './interface-object.ts';
import { checksumState } from './offload.ts';
import type { PathMtu } from './path-mtu.ts';
import { Ipv6Reading } from './read-ipv6.ts';
import { type Verdict, verdict } from './verdict.ts';
import { difference, sumIpv6, sumOctets, sumPseudoHeader, update } from './wire/checksum.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/** An ICMPv4 error is not longer than every host can take (RFC 1812 §4.3.2.3), nor than the link: none is fragmented. */
const LONGEST = 576;

const quoted = new Ipv6Reading();
const quotedHeader = new ipv4Header.Ipv4Fields();
const message = new IcmpMessage();
const address = new Ipv6Words();

/** Translates a whole ICMPv6 error. `header` holds the outer addresses and time to live already. */
export function icmpError6to4(
  packet: Ipv6Reading,
  header: ipv4Header.Ipv4Fields,
  maps: AddressMap,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const { view, transport, end } = packet;
  if (end - transport < icmp.LENGTH) return verdict['dropped-malformed'];
  const type = icmp.type(view, transport);
  const parameter = icmp.parameter(view, transport);
  const from = transport + icmp.LENGTH;
  const to = quoteEnd(from, hasLength(type) ? parameter >>> lengthInIcmpv6.SHIFT : 0, lengthInIcmpv6.UNIT, end);
  if (to < 0) return verdict['dropped-malformed'];
  const read = quoted.readQuote(view, from, to - from);
  if (read !== verdict.translated) return read;
  if (!types6to4(type, icmp.code(view, transport), parameter, quoted.hasFragmentHeader, path, message)) {
    return verdict['dropped-icmp-type'];
  }
  const addressed = addresses6to4(quoted, quotedHeader, maps, path);
  if (addressed !== verdict.translated) return addressed;

  const start = out.position;
  const head = start + ipv4Header.LENGTH;
  const quote = head + icmp.LENGTH;
  out.position = quote;
  quotedHeader.timeToLive = ipv6Header.hopLimit(view, from);
  const quotedLength = ipv4Header.LENGTH + quoted.transportLength;
  const written = headers6to4(quoted, quotedHeader, checksumState.COMPLETE, quotedLength, path, out);
  if (written !== verdict.translated) return written;
  // Every ICMPv4 error has a place for the length.
  const room = Math.min(LONGEST, path.mtu4) - ipv4Header.LENGTH - icmp.LENGTH;
  const unit = lengthInIcmpv4.UNIT;
  let added = isToBeNamed(packet, maps, path) ? addedLength(view, to, end) : 0;
  if (!isRoomFor(end - to + added, room, unit)) added = 0;
  const units = appendQuote(view, out, quote, room, unit, to, end, added);
  if (added > 0) appendInterface(out, end - to, address);

  const length = out.position - head;
  icmp.emit(out.view, head, message.type, message.code, 0, message.parameter | (units << lengthInIcmpv4.SHIFT));
  const before =
    sumOctets(view, transport, end) -
    icmp.checksum(view, transport) +
    sumAddresses(packet) +
    sumPseudoHeader(packet.transportLength, protocol.ICMPV6);
  const after = sumOctets(out.view, head, out.position);
  const checksum = update(icmp.checksum(view, transport), difference(after, before));
  out.view.setUint16(head + icmp.field.CHECKSUM, checksum);
  header.protocol = protocol.ICMPV4;
  header.fragmentation = 0;
  header.identification = packet.hasFragmentHeader
    ? packet.identification
    : out.identifications.next(header.source, header.destination, header.protocol);
  emitHeader6to4(packet, header, length, path, out, start);
  out.end();
  return verdict.translated;
}

/** Whether the error is to say which address it came from; if so, `address` holds that. */
function isToBeNamed(packet: Ipv6Reading, maps: AddressMap, path: PathMtu): boolean {
  if (!path.errorSourceExtension) return false;
  ipv6Header.source(packet.view, packet.start, address);
  return maps.toIpv4(address) === NO_ADDRESS;
}

function sumAddresses(packet: Ipv6Reading): number {
  ipv6Header.source(packet.view, packet.start, address);
  const source = sumIpv6(address);
  ipv6Header.destination(packet.view, packet.start, address);
  return source + sumIpv6(address);
}

/** Whether messages of a type have a place for the length of the quote (RFC 4884 §4). */
function hasLength(type: number): boolean {
  return type === icmpv6.type.DESTINATION_UNREACHABLE || type === icmpv6.type.TIME_EXCEEDED;
}
