/**
 * The headers of one IPv4 packet as IPv6 (RFC 7915 §4.1, §4.3, §4.5), for a whole packet and for one quoted in an ICMP
 * error alike. `headers-six-to-four.ts` is the same the other way round.
 */
import type { AddressMap } from '../mapper/address-map.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { isIllegalIpv4, isIllegalIpv6, isMulticastIpv4 } from './illegal-address.ts';
import type { PathMtu } from './path-mtu.ts';
import type { Ipv4Reading } from './read-ipv4.ts';
import { choose6 } from './source-pool.ts';
import { translateTcp, translateUdp } from './transport.ts';
import { type Verdict, verdict } from './verdict.ts';
import { difference, fold, sumIpv6, sumOctets, sumPseudoHeader, update } from './wire/checksum.ts';
import * as fragmentHeader from './wire/fragment.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/**
 * Maps both addresses into `header`. Of a quote only this is asked; a whole packet's must be legal as well, and what is
 * dropped in silence is so before anybody is told that an address has no mapping.
 */
export function addresses4to6(
  packet: Ipv4Reading,
  header: ipv6Header.Ipv6Fields,
  maps: AddressMap,
  path: PathMtu,
): Verdict {
  const source = ipv4Header.source(packet.view, packet.start);
  const destination = ipv4Header.destination(packet.view, packet.start);
  if (packet.isQuote) {
    const isMapped = maps.toIpv6(source, header.source) && maps.toIpv6(destination, header.destination);
    return isMapped ? verdict.translated : verdict['dropped-no-mapping'];
  }
  if (isMulticastIpv4(destination)) return verdict['dropped-multicast'];
  if (isIllegalIpv4(destination)) return verdict['dropped-illegal-address'];
  if (isIllegalIpv4(source) && !packet.isIcmpError) return verdict['dropped-illegal-address'];
  // Asked here and not there: TCP and UDP would pay 5 ns for the call.
  if (packet.protocol !== protocol.TCP && packet.protocol !== protocol.UDP) {
    const counterpart = counterpart4to6(packet);
    if (counterpart !== verdict.translated) return counterpart;
  }
  if (!maps.toIpv6(destination, header.destination)) {
    return packet.isIcmpError ? verdict['dropped-no-mapping'] : verdict['refused-no-mapping'];
  }
  // The illegal source of an error is mapped like any other, so that it can be found (RFC 7915 §4.1).
  if (!maps.toIpv6(source, header.source)) {
    if (!packet.isIcmpError) return verdict['refused-prohibited'];
    if (!choose6(path.errorSource6, source, header.source)) return verdict['dropped-no-mapping'];
  }
  return isIllegalIpv6(header.source) || isIllegalIpv6(header.destination)
    ? verdict['dropped-illegal-address']
    : verdict.translated;
}

/**
 * Writes IPv6 header, Fragment Header and transport header to `out` and names the rest of the packet as what follows.
 * `header` holds addresses and hop limit already. `state` is one of `checksumState`.
 */
export function headers4to6(
  packet: Ipv4Reading,
  header: ipv6Header.Ipv6Fields,
  hasFragmentHeader: boolean,
  state: number,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const start = out.position;
  const extra = hasFragmentHeader ? fragmentHeader.LENGTH : 0;
  out.position = start + ipv6Header.LENGTH + extra;
  out.restStart = packet.transport;
  out.restEnd = packet.end;
  const outcome = transport4to6(packet, header, state, path, out);
  if (outcome !== verdict.translated) return outcome;
  const nextHeader = packet.protocol === protocol.ICMPV4 ? protocol.ICMPV6 : packet.protocol;
  if (hasFragmentHeader) {
    header.nextHeader = protocol.FRAGMENT;
    const { fragmentOffset, hasMoreFragments, identification } = packet;
    const at = start + ipv6Header.LENGTH;
    fragmentHeader.emit(out.view, at, nextHeader, fragmentOffset, hasMoreFragments, identification);
  } else header.nextHeader = nextHeader;
  emitHeader4to6(packet, header, packet.transportLength + extra, path, out, start);
  return verdict.translated;
}

/** Writes the IPv6 header at `at` in `out`; `header` holds addresses, hop limit and next header already. */
export function emitHeader4to6(
  packet: Ipv4Reading,
  header: ipv6Header.Ipv6Fields,
  payloadLength: number,
  path: PathMtu,
  out: HeaderBuffer,
  at: number,
): void {
  header.trafficClass = path.ignoreTrafficClass ? 0 : ipv4Header.typeOfService(packet.view, packet.start);
  header.payloadLength = payloadLength;
  ipv6Header.emit(out.view, at, header);
}

function transport4to6(
  packet: Ipv4Reading,
  header: ipv6Header.Ipv6Fields,
  state: number,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const { isQuote, isFragment } = packet;
  if (isQuote && isUntranslatable(packet.protocol)) return verdict['dropped-protocol'];
  if (packet.fragmentOffset !== 0) return verdict.translated;
  const after = sumIpv6(header.source) + sumIpv6(header.destination);
  switch (packet.protocol) {
    case protocol.TCP:
      return translateTcp(packet, state, change(packet, after), out);
    case protocol.UDP: {
      const onZero = isQuote ? 'pass' : isFragment ? 'drop' : path.zeroUdpChecksum;
      return translateUdp(packet, state, change(packet, after), onZero, after, out);
    }
    case protocol.ICMPV4:
      return echo4to6(packet, after, out);
    default:
      return verdict.translated;
  }
}

/** What the pseudo-header's sum gains: length and protocol are the same on both sides. */
function change(packet: Ipv4Reading, after: number): number {
  return difference(after, sumOctets(packet.view, packet.start + 12, packet.start + ipv4Header.LENGTH));
}

/**
 * Whether IPv6 has anything like a whole packet, as its protocol and the type of an ICMP message say: what it has not,
 * like that which is for one link only, is dropped without a word (RFC 7915 §1.2, §4.2), on its last hop too.
 */
function counterpart4to6(packet: Ipv4Reading): Verdict {
  if (isUntranslatable(packet.protocol)) return verdict['dropped-protocol'];
  if (packet.protocol !== protocol.ICMPV4) return verdict.translated;
  if (packet.isFragment) return verdict['dropped-fragmented-icmp'];
  if (packet.transport >= packet.end) return verdict['dropped-malformed'];
  switch (icmp.type(packet.view, packet.transport)) {
    case icmpv4.type.ECHO:
    case icmpv4.type.ECHO_REPLY:
    case icmpv4.type.DESTINATION_UNREACHABLE:
    case icmpv4.type.TIME_EXCEEDED:
    case icmpv4.type.PARAMETER_PROBLEM:
      return verdict.translated;
    default:
      return verdict['dropped-icmp-type'];
  }
}

/** Echo and its reply (RFC 7915 §4.2): another type, and a checksum that covers the pseudo-header. */
function echo4to6(packet: Ipv4Reading, addresses: number, out: HeaderBuffer): Verdict {
  const { view, transport, end } = packet;
  if (end - transport < (packet.isQuote ? icmp.field.PARAMETER : icmp.LENGTH)) return verdict['dropped-malformed'];
  const before = icmp.type(view, transport);
  if (icmpv4.isError(before)) return verdict['dropped-nested-error'];
  if (before !== icmpv4.type.ECHO && before !== icmpv4.type.ECHO_REPLY) return verdict['dropped-icmp-type'];
  const after = before === icmpv4.type.ECHO ? icmpv6.type.ECHO : icmpv6.type.ECHO_REPLY;
  const gained = addresses + sumPseudoHeader(packet.transportLength, protocol.ICMPV6);
  const checksum = update(icmp.checksum(view, transport), fold(gained) + ((after - before) << 8));
  const code = icmp.code(view, transport);
  out.view.setInt32(out.position, (after << 24) | (code << 16) | checksum);
  out.position += icmp.field.PARAMETER;
  out.restStart = transport + icmp.field.PARAMETER;
  return verdict.translated;
}

/** Protocols that IPv6 would read as an extension header or as its own ICMP, and IGMP, which has no meaning there. */
function isUntranslatable(number: number): boolean {
  switch (number) {
    case protocol.HOP_BY_HOP:
    case protocol.IGMP:
    case protocol.ROUTING:
    case protocol.FRAGMENT:
    case protocol.ICMPV6:
    case protocol.DESTINATION_OPTIONS:
      return true;
    default:
      return false;
  }
}
