/**
 * The headers of one IPv6 packet as IPv4 (RFC 7915 §5.1, §5.1.1, §5.3, §5.5), for a whole packet and for one quoted in
 * an ICMP error alike. `headers-four-to-six.ts` is the same the other way round.
 */

import { Ipv6Words } from '../mapper/address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from '../mapper/address-map.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { isIllegalIpv4, isIllegalIpv6, isMulticastIpv6 } from './illegal-address.ts';
import type { PathMtu } from './path-mtu.ts';
import type { Ipv6Reading } from './read-ipv6.ts';
import { choose4 } from './source-pool.ts';
import { translateTcp, translateUdp } from './transport.ts';
import { type Verdict, verdict } from './verdict.ts';
import { difference, fold, sumIpv6, sumPseudoHeader, sumWord, update } from './wire/checksum.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/** Up to this length a packet may be fragmented by IPv4 routers: IPv6 carries it anywhere (RFC 7915 §5.1). */
export const MOST_WITHOUT_DF = 1260;

/** Octets of a TCP header with all its options. */
const MOST_TRANSPORT_HEADER = 60;

/** The addresses of the packet at hand. */
const source = new Ipv6Words();
const destination = new Ipv6Words();

/**
 * Maps both addresses into `header`. Of a quote only this is asked; a whole packet's must be legal as well, and what is
 * dropped in silence is so before anybody is told that an address has no mapping, or gets one.
 */
export function addresses6to4(
  packet: Ipv6Reading,
  header: ipv4Header.Ipv4Fields,
  maps: AddressMap,
  path: PathMtu,
): Verdict {
  ipv6Header.source(packet.view, packet.start, source);
  ipv6Header.destination(packet.view, packet.start, destination);
  if (!packet.isQuote) {
    if (isMulticastIpv6(destination)) return verdict['dropped-multicast'];
    if (isIllegalIpv6(destination) || isIllegalIpv6(source)) return verdict['dropped-illegal-address'];
    // Asked here and not there: TCP and UDP would pay 5 ns for the call.
    if (packet.protocol !== protocol.TCP && packet.protocol !== protocol.UDP) {
      const counterpart = counterpart6to4(packet);
      if (counterpart !== verdict.translated) return counterpart;
    }
  }
  const destination4 = maps.toIpv4(destination);
  const isUnsaid = packet.isQuote || packet.protocol === protocol.ICMPV6;
  const unmapped = isUnsaid ? verdict['dropped-no-mapping'] : verdict['refused-no-mapping'];
  if (destination4 === NO_ADDRESS) return unmapped;
  let source4 = maps.toIpv4(source);
  if (source4 === NO_ADDRESS) {
    if (packet.isQuote) return unmapped;
    if (!packet.isIcmpError) return path.hasStrangers ? verdict['dropped-stranger'] : unmapped;
    source4 = choose4(path.errorSource4, source);
    if (source4 === NO_ADDRESS) return verdict['dropped-no-mapping'];
  }
  header.source = source4 | 0;
  header.destination = destination4 | 0;
  return !packet.isQuote && (isIllegalIpv4(source4) || isIllegalIpv4(destination4))
    ? verdict['dropped-illegal-address']
    : verdict.translated;
}

/**
 * Writes IPv4 header and transport header to `out` and names the rest of the packet as what follows. `header` holds
 * addresses and time to live already. `state` is one of `checksumState`; `segment` is the length of the longest packet
 * that this one becomes, in octets.
 */
export function headers6to4(
  packet: Ipv6Reading,
  header: ipv4Header.Ipv4Fields,
  state: number,
  segment: number,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const start = out.position;
  out.position = start + ipv4Header.LENGTH;
  out.restStart = packet.transport;
  out.restEnd = packet.end;
  const outcome = transport6to4(packet, header, state, path, out);
  if (outcome !== verdict.translated) return outcome;
  header.protocol = packet.protocol === protocol.ICMPV6 ? protocol.ICMPV4 : packet.protocol;
  header.fragmentation = 0;
  header.identification = 0;
  if (packet.hasFragmentHeader) {
    header.fragmentation = packet.fragmentOffset | (packet.hasMoreFragments ? ipv4Header.flag.MORE_FRAGMENTS : 0);
    header.identification = packet.identification;
  } else if (segment > MOST_WITHOUT_DF) {
    header.fragmentation = ipv4Header.flag.DONT_FRAGMENT;
  } else if (!packet.isQuote) {
    const count = atMostSegments(packet.transportLength, segment);
    header.identification = out.identifications.next(header.source, header.destination, header.protocol, count);
  }
  emitHeader6to4(packet, header, packet.transportLength, path, out, start);
  return verdict.translated;
}

/** How many segments of `segment` octets a packet becomes, or a few more: their headers are not looked at. */
function atMostSegments(transportLength: number, segment: number): number {
  if (ipv4Header.LENGTH + transportLength <= segment) return 1;
  return Math.ceil(transportLength / Math.max(1, segment - ipv4Header.LENGTH - MOST_TRANSPORT_HEADER));
}

/** Writes the IPv4 header at `at` in `out`; all of `header` but length and type of service is there already. */
export function emitHeader6to4(
  packet: Ipv6Reading,
  header: ipv4Header.Ipv4Fields,
  transportLength: number,
  path: PathMtu,
  out: HeaderBuffer,
  at: number,
): void {
  header.typeOfService = path.ignoreTrafficClass ? 0 : ipv6Header.trafficClass(packet.view, packet.start);
  // Only a quote can say that its packet was longer than IPv4 can.
  header.totalLength = Math.min(65_535, ipv4Header.LENGTH + transportLength);
  ipv4Header.emit(out.view, at, header);
}

function transport6to4(
  packet: Ipv6Reading,
  header: ipv4Header.Ipv4Fields,
  state: number,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  const { isQuote, isFragment } = packet;
  if (isQuote && packet.protocol === protocol.ICMPV4) return verdict['dropped-protocol'];
  if (packet.fragmentOffset !== 0) return verdict.translated;
  const before = sumIpv6(source) + sumIpv6(destination);
  const after = sumWord(header.source) + sumWord(header.destination);
  switch (packet.protocol) {
    case protocol.TCP:
      return translateTcp(packet, state, difference(after, before), out);
    case protocol.UDP: {
      const onZero = isQuote
        ? 'pass'
        : isFragment && path.zeroUdpChecksum6 === 'compute'
          ? 'drop'
          : path.zeroUdpChecksum6;
      return translateUdp(packet, state, difference(after, before), onZero, after, out);
    }
    case protocol.ICMPV6:
      return echo6to4(packet, before, out);
    default:
      return verdict.translated;
  }
}

/**
 * Whether IPv4 has anything like a whole packet, as its protocol and the type of an ICMP message say: what it has not,
 * like that which is for one link only, is dropped without a word (RFC 7915 §1.2, §5.2), on its last hop too.
 */
function counterpart6to4(packet: Ipv6Reading): Verdict {
  if (packet.protocol === protocol.ICMPV4) return verdict['dropped-protocol'];
  if (packet.protocol !== protocol.ICMPV6) return verdict.translated;
  if (packet.isFragment) return verdict['dropped-fragmented-icmp'];
  if (packet.transport >= packet.end) return verdict['dropped-malformed'];
  switch (icmp.type(packet.view, packet.transport)) {
    case icmpv6.type.ECHO:
    case icmpv6.type.ECHO_REPLY:
    case icmpv6.type.DESTINATION_UNREACHABLE:
    case icmpv6.type.PACKET_TOO_BIG:
    case icmpv6.type.TIME_EXCEEDED:
    case icmpv6.type.PARAMETER_PROBLEM:
      return verdict.translated;
    default:
      return verdict['dropped-icmp-type'];
  }
}

/** Echo and its reply (RFC 7915 §5.2): another type, and a checksum that no longer covers a pseudo-header. */
function echo6to4(packet: Ipv6Reading, addresses: number, out: HeaderBuffer): Verdict {
  const { view, transport, end } = packet;
  if (end - transport < (packet.isQuote ? icmp.field.PARAMETER : icmp.LENGTH)) return verdict['dropped-malformed'];
  const before = icmp.type(view, transport);
  if (icmpv6.isError(before)) return verdict['dropped-nested-error'];
  if (before !== icmpv6.type.ECHO && before !== icmpv6.type.ECHO_REPLY) return verdict['dropped-icmp-type'];
  const after = before === icmpv6.type.ECHO ? icmpv4.type.ECHO : icmpv4.type.ECHO_REPLY;
  const lost = addresses + sumPseudoHeader(packet.transportLength, protocol.ICMPV6) + ((before - after) << 8);
  const checksum = update(icmp.checksum(view, transport), fold(lost) ^ 0xffff);
  const code = icmp.code(view, transport);
  out.view.setInt32(out.position, (after << 24) | (code << 16) | checksum);
  out.position += icmp.field.PARAMETER;
  out.restStart = transport + icmp.field.PARAMETER;
  return verdict.translated;
}
