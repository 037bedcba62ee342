/**
 * IPv6 to IPv4 (RFC 7915 §5): one packet in, headers and a slice of the packet out. `four-to-six.ts` is the same the
 * other way round; what both call is in `headers-*` (headers, quoted ones too), `icmp-error-*` (ICMP errors) and
 * `cut.ts`.
 */
import type { AddressMap } from '../mapper/address-map.ts';
import { cutIpv4 } from './cut.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import { addresses6to4, headers6to4, MOST_WITHOUT_DF } from './headers-six-to-four.ts';
import { icmpError6to4 } from './icmp-error-six-to-four.ts';
import { carry, checksumState, isSound, segmentLength } from './offload.ts';
import { gso, type PacketBuffer } from './packet-buffer.ts';
import type { PathMtu } from './path-mtu.ts';
import { Ipv6Reading } from './read-ipv6.ts';
import { refuse6 } from './refuse.ts';
import { type Verdict, verdict } from './verdict.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';

/** IPv6's header is longer than IPv4's by this many octets. */
const GROWTH = ipv6Header.LENGTH - ipv4Header.LENGTH;

/** The longest IPv4 packet. */
const LONGEST = 65_535;

const ipv6 = new Ipv6Reading();
const header = new ipv4Header.Ipv4Fields();

/**
 * Translates one IPv6 packet (RFC 7915 §5). Reads `packet`, writes headers to `out`, names the payload as a slice of
 * `packet`.
 */
export function translate6to4(packet: PacketBuffer, maps: AddressMap, path: PathMtu, out: HeaderBuffer): Verdict {
  const { view, start } = packet;
  out.begin();
  const read = ipv6.read(view, start, packet.length);
  const isReadable = read === verdict.translated;
  if (!isReadable && read !== verdict['dropped-extension-in-fragment']) return read;
  const transport = ipv6.transport - start;
  if (!isSound(packet, gso.TCPV6, ipv6.protocol, ipv6.isFragment, transport, ipv6.end - start)) {
    return verdict['dropped-bad-offload'];
  }
  const addressed = addresses6to4(ipv6, header, maps, path);
  if (addressed !== verdict.translated) return refuse6(addressed, 0, path, out);
  if (!isReadable) return refuse6(read, 0, path, out);
  if (ipv6.segmentsLeftOffset !== 0) {
    return refuse6(verdict['refused-routing-header'], ipv6.segmentsLeftOffset, path, out);
  }
  header.timeToLive = ipv6Header.hopLimit(view, start);
  if (!path.hideHop) {
    if (header.timeToLive <= 1) return refuse6(verdict['refused-time-exceeded'], 0, path, out);
    header.timeToLive--;
  }
  return ipv6.isIcmpError && !ipv6.isFragment
    ? icmpError6to4(ipv6, header, maps, path, out)
    : fitToPath(packet, transport, path, out);
}

/**
 * Sends the packet whole, in pieces, or not at all (RFC 7915 §5.1, §5.1.1). Segments that do not all fit whole are too
 * big: what becomes of each is for the caller to ask.
 */
function fitToPath(packet: PacketBuffer, transport: number, path: PathMtu, out: HeaderBuffer): Verdict {
  const { offload } = packet;
  const isSegmented = offload.gsoType !== gso.NONE;
  const whole = ipv4Header.LENGTH + ipv6.transportLength;
  const segment = ipv4Header.LENGTH + segmentLength(offload, packet.view, ipv6.transport, ipv6.transportLength);
  const isTooBig = segment > path.mtu4;
  // Before anything is used up for them: each segment has its turn (`segments.ts`).
  if (isTooBig && isSegmented) return refuseTooBig(path, out);
  // What IPv6 carries anywhere, or in fragments, IPv4 routers may fragment, and so do we.
  const isCut = isTooBig && (ipv6.hasFragmentHeader || whole <= MOST_WITHOUT_DF);
  const isPartial = offload.needsChecksum && offload.checksumStart === transport;
  // A checksum inside the payload nobody could complete after the cut.
  if (isCut && offload.needsChecksum && !isPartial) return verdict['dropped-bad-offload'];
  const state = !isPartial ? checksumState.COMPLETE : isCut ? checksumState.TO_COMPLETE : checksumState.PARTIAL;
  const written = headers6to4(ipv6, header, state, segment, path, out);
  if (written !== verdict.translated) return refuse6(written, 0, path, out);
  if (isTooBig && !isCut) return refuseTooBig(path, out);
  if (whole > LONGEST) return verdict['dropped-too-long'];
  out.end();
  if (isCut) return cutIpv4(out, path.mtu4);
  carry(offload, out.offload, gso.TCPV4, transport, ipv4Header.LENGTH);
  return verdict.translated;
}

function refuseTooBig(path: PathMtu, out: HeaderBuffer): Verdict {
  const mtu = Math.max(ipv6Header.MINIMUM_MTU, path.mtu4 + GROWTH);
  return refuse6(verdict['refused-packet-too-big'], mtu, path, out);
}
