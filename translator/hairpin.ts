/**
 * A packet that turns round in the translator (RFC 7757 §4.2.2): two IPv6 hosts, each known to the other by an IPv4
 * address, speak through us. What came out as IPv4 goes back to IPv6 at once, and counts as one hop.
 */

import type { Ipv4Address } from '../mapper/address/ipv4.ts';
import type { AddressMap, NO_ADDRESS } from '../mapper/address-map.ts';
import { translate4to6 } from './four-to-six.ts';
import type { HeaderBuffer } from './header-buffer.ts';
import type { PacketBuffer } from './packet-buffer.ts';
import { PathMtu } from './path-mtu.ts';
import { Ipv4Reading } from './read-ipv4.ts';
import { type Verdict, verdict } from './verdict.ts';
import * as icmp from './wire/icmp.ts';
import * as ipv4Header from './wire/ipv4.ts';

/** The map of the way back: all but one address, the peer's, become what their explicit mappings say. */
export interface PeerMap extends AddressMap {
  /** The address that goes back as the partner knows it. */
  peer: Ipv4Address | typeof NO_ADDRESS;
}

const way = new PathMtu();
const ipv4 = new Ipv4Reading();

/**
 * Translates a piece of `out`, which became of `packet`, back to IPv6: it is copied into `again`, and `back` holds what
 * becomes of it. Whether a packet turns round is for the caller to say: its IPv4 destination has an explicit mapping,
 * and its IPv6 destination had none.
 */
export function turnRound(
  packet: PacketBuffer,
  out: HeaderBuffer,
  piece: number,
  again: PacketBuffer,
  map: PeerMap,
  path: PathMtu,
  back: HeaderBuffer,
): Verdict {
  out.copyPiece(packet, piece, again);
  back.begin();
  const read = ipv4.read(again.view, again.start, again.length);
  if (read !== verdict.translated) return read;
  map.peer = peerOf(again);
  // The hop was counted on the way to IPv4.
  Object.assign(way, path);
  way.hideHop = true;
  return translate4to6(again, map, way, back);
}

/**
 * Whose address the receiver knows as an embedded one: the sender's; in an error, the destination's of its own packet.
 */
function peerOf(again: PacketBuffer): Ipv4Address {
  if (!ipv4.isIcmpError) return ipv4Header.source(again.view, again.start);
  const quote = ipv4.transport + icmp.LENGTH;
  return ipv4Header.hasHeader(again.view, quote, ipv4.end - quote)
    ? ipv4Header.destination(again.view, quote)
    : ipv4Header.source(again.view, again.start);
}
