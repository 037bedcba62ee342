/**
 * IPv4 to IPv6 (RFC 7915 §4): one packet in, headers and a slice of the packet out. `six-to-four.ts` is the same the
 * other way round; what both call is in `headers-*` (headers, quoted ones too), `icmp-error-*` (ICMP errors) and
 * `cut.ts`.
 */
import type { AddressMap } from '../mapper/address-map.ts';
import { cutIpv6 } from './cut.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { addresses4to6, headers4to6 } from './headers-four-to-six.ts';
import { icmpError4to6 } from './icmp-error-four-to-six.ts';
import { carry, checksumState, isSound, segmentLength } from './offload.ts';
import { gso, type PacketBuffer } from './packet-buffer.ts';
import type { PathMtu } from './path-mtu.ts';
import { Ipv4Reading } from './read-ipv4.ts';
import { refuse4 } from './refuse.ts';
import { type Verdict, verdict } from './verdict.ts';
import * as fragmentHeader from './wire/fragment.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';

/** IPv6's header is longer than IPv4's by this many octets. */
const GROWTH = ipv6Header.LENGTH - ipv4Header.LENGTH;

const ipv4 = new Ipv4Reading();
const header = new ipv6Header.Ipv6Fields();

/**
 * Translates one IPv4 packet (RFC 7915 §4). Reads `packet`, writes headers to `out`, names the payload as a slice of
 * `packet`.
 */
export function translate4to6(packet: PacketBuffer, maps: AddressMap, path: PathMtu, out: HeaderBuffer): Verdict {
  const { view, start } = packet;
  out.begin();
  const read = ipv4.read(view, start, packet.length);
  if (read !== verdict.translated) return read;
  const transport = ipv4.transport - start;
  if (!isSound(packet, gso.TCPV4, ipv4.protocol, ipv4.isFragment, transport, ipv4.end - start)) {
    return verdict['dropped-bad-offload'];
  }
  const addressed = addresses4to6(ipv4, header, maps, path);
  if (addressed !== verdict.translated) return refuse4(addressed, 0, path, out);
  if (ipv4.hasSourceRoute) return refuse4(verdict['refused-source-route'], 0, path, out);
  header.hopLimit = ipv4Header.timeToLive(view, start);
  if (!path.hideHop) {
    if (header.hopLimit <= 1) return refuse4(verdict['refused-time-exceeded'], 0, path, out);
    header.hopLimit--;
  }
  return ipv4.isIcmpError && !ipv4.isFragment
    ? icmpError4to6(ipv4, header, maps, path, out)
    : fitToPath(packet, transport, path, out);
}

/**
 * Sends the packet whole, in pieces, or not at all (RFC 7915 §4). Segments that do not all fit whole are too big: what
 * becomes of each is for the caller to ask.
 */
function fitToPath(packet: PacketBuffer, transport: number, path: PathMtu, out: HeaderBuffer): Verdict {
  const { offload } = packet;
  const mayCut = ipv4.mayFragment && offload.gsoType === gso.NONE;
  const limit = Math.min(path.lowestIpv6Mtu, path.mtu6);
  const isCut = mayCut && lengthAsIpv6(ipv4.transportLength) > limit;
  const isFragmented = ipv4.isFragment || isCut;
  const isPartial = offload.needsChecksum && offload.checksumStart === transport;
  // A checksum inside the payload nobody could complete after the cut.
  if (isCut && offload.needsChecksum && !isPartial) return verdict['dropped-bad-offload'];
  const state = !isPartial ? checksumState.COMPLETE : isCut ? checksumState.TO_COMPLETE : checksumState.PARTIAL;
  const written = headers4to6(ipv4, header, isFragmented, state, path, out);
  if (written !== verdict.translated) return refuse4(written, 0, path, out);
  if (!mayCut) {
    // The RFC counts options too, although they are not carried, and promises as much room as that leaves.
    const segment = segmentLength(offload, packet.view, ipv4.transport, ipv4.transportLength);
    // Segments of TCP that may be fragmented are, each for itself (`segments.ts`). A program that asked for datagrams did
    // not ask for fragments, and cannot say so: the kernel leaves its DF off.
    const isToBeCut = ipv4.mayFragment && offload.gsoType !== gso.UDP_L4;
    const most = (isToBeCut ? limit : path.mtu6) - GROWTH - (ipv4.isFragment ? fragmentHeader.LENGTH : 0);
    if (transport + segment > most) return refuse4(verdict['refused-packet-too-big'], most, path, out);
  }
  out.end();
  if (isCut) return cutIpv6(out, limit);
  carry(offload, out.offload, gso.TCPV6, transport, ipv6Header.LENGTH);
  return verdict.translated;
}

/** Octets of the IPv6 packet that carries `transportLength` octets of this packet. */
function lengthAsIpv6(transportLength: number): number {
  return ipv6Header.LENGTH + (ipv4.isFragment ? fragmentHeader.LENGTH : 0) + transportLength;
}
