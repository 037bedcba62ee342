/** How long a packet of this host keeps its mapping from being recycled (M11). */
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import * as icmpv4 from '../../translator/wire/icmpv4.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import { protocol } from '../../translator/wire/protocol.ts';

/** RFC 5382 REQ-5: an established connection may be silent for 2 h 4 min, one that opens or closes for 4 min. */
const TCP_SECONDS = 7440;
const TCP_TRANSITORY_SECONDS = 240;
/** RFC 4787 REQ-5 recommends 5 min for UDP; other protocols are treated the same. */
const OTHER_SECONDS = 300;

/** Octet 13 of the TCP header, and flags in it (RFC 9293 §3.1). */
const TCP_FLAGS = 13;
const RST = 0x04;
const SYN_OR_FIN = 0x03;

/**
 * Seconds for which a translated IPv4 packet holds its mapping. The packet has been read and found whole. A reset and an
 * ICMP error hold nothing: the kernel sends them to whoever knocks, and anybody could fill the spool with those (M15).
 */
export function holdSeconds(packet: PacketBuffer): number {
  const { view, start, length } = packet;
  if ((ipv4Header.fragmentation(view, start) & ipv4Header.OFFSET_MASK) !== 0) return OTHER_SECONDS;
  const transport = start + (view.getUint8(start) & 0x0f) * 4;
  switch (ipv4Header.protocol(view, start)) {
    case protocol.TCP: {
      if (transport + TCP_FLAGS >= start + length) return OTHER_SECONDS;
      const flags = view.getUint8(transport + TCP_FLAGS);
      if ((flags & RST) !== 0) return 0;
      return (flags & SYN_OR_FIN) === 0 ? TCP_SECONDS : TCP_TRANSITORY_SECONDS;
    }
    case protocol.ICMPV4:
      return transport < start + length && icmpv4.isError(view.getUint8(transport)) ? 0 : OTHER_SECONDS;
    default:
      return OTHER_SECONDS;
  }
}
