/** How long a packet of this host keeps its mapping from being recycled (M11). */
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import { protocol } from '../../translator/wire/protocol.ts';

/** RFC 5382 REQ-5: an established connection may be silent for 2 h 4 min, one that is closing for 4 min. */
const TCP_SECONDS = 7440;
const TCP_CLOSING_SECONDS = 240;
/** RFC 4787 REQ-5 recommends 5 min for UDP; other protocols are treated the same. */
const OTHER_SECONDS = 300;

/** Octet 13 of the TCP header, and its flags FIN and RST (RFC 9293 §3.1). */
const TCP_FLAGS = 13;
const FIN_OR_RST = 0x05;

/** Seconds for which a translated IPv4 packet holds its mapping. The packet has been read and found whole. */
export function holdSeconds(packet: PacketBuffer): number {
  const { view, start, length } = packet;
  const isLaterFragment = (ipv4Header.fragmentation(view, start) & ipv4Header.OFFSET_MASK) !== 0;
  if (isLaterFragment || ipv4Header.protocol(view, start) !== protocol.TCP) return OTHER_SECONDS;
  const flags = start + (view.getUint8(start) & 0x0f) * 4 + TCP_FLAGS;
  if (flags >= start + length) return OTHER_SECONDS;
  return (view.getUint8(flags) & FIN_OR_RST) === 0 ? TCP_SECONDS : TCP_CLOSING_SECONDS;
}
