/** What offload asks of a translator (virtio 1.2 §5.1.6): whether it makes sense, and what it is on the other side. */
import { gso, type Offload, type PacketBuffer } from './packet-buffer.ts';
import { protocol } from './wire/protocol.ts';
import * as tcp from './wire/tcp.ts';
import * as udp from './wire/udp.ts';

/** What the checksum field of a transport header holds, and has to hold. */
export const checksumState = {
  /** A checksum. */
  COMPLETE: 0,
  /** The folded sum of the pseudo-header; somebody behind us does the rest. */
  PARTIAL: 1,
  /** The same, but nobody behind us can do the rest: the packet is cut into fragments. */
  TO_COMPLETE: 2,
} as const;

/**
 * Whether the offload of a packet, which is `length` octets long and whose transport header begins `transport` octets in,
 * is what a kernel may ask for. `gsoTcp` is TCP's segmentation type in the packet's own family.
 */
export function isSound(
  { offload, view, start }: PacketBuffer,
  gsoTcp: number,
  transportProtocol: number,
  isFragment: boolean,
  transport: number,
  length: number,
): boolean {
  const { gsoType, needsChecksum, checksumStart, checksumOffset } = offload;
  if (!needsChecksum) return gsoType === gso.NONE;
  if (transportProtocol === protocol.ICMPV4 || transportProtocol === protocol.ICMPV6) return false;
  if (isFragment || checksumStart < transport || checksumStart + checksumOffset + 2 > length) return false;
  if (checksumStart === transport) {
    if (transportProtocol === protocol.TCP) {
      if (checksumOffset !== tcp.field.CHECKSUM || length < transport + tcp.LENGTH) return false;
    } else if (transportProtocol === protocol.UDP) {
      if (checksumOffset !== udp.field.CHECKSUM || length < transport + udp.LENGTH) return false;
    } else return false;
  }
  if (gsoType === gso.NONE) return true;
  const isTcp = transportProtocol === protocol.TCP;
  if (gsoType !== (isTcp ? gsoTcp : gso.UDP_L4) || offload.gsoSize === 0 || checksumStart !== transport) return false;
  const header = isTcp ? tcp.headerLength(view, start + transport) : udp.LENGTH;
  return header >= (isTcp ? tcp.LENGTH : udp.LENGTH) && transport + header <= length;
}

/**
 * Writes the offload of the translated packet: everything moves with the transport header, which began `before` octets
 * into the packet and now begins `after` octets in; segments of TCP get `gsoTcp`, the type in the new family.
 */
export function carry(from: Offload, to: Offload, gsoTcp: number, before: number, after: number): void {
  to.needsChecksum = from.needsChecksum;
  to.gsoType = from.gsoType === gso.NONE || from.gsoType === gso.UDP_L4 ? from.gsoType : gsoTcp;
  to.ecn = from.ecn;
  to.headerLength = from.headerLength === 0 ? 0 : Math.max(after, from.headerLength - before + after);
  to.gsoSize = from.gsoSize;
  to.checksumStart = from.needsChecksum ? from.checksumStart - before + after : 0;
  to.checksumOffset = from.checksumOffset;
}

/** Octets of the largest segment of a packet, transport header included; without segmentation, of all of it. */
export function segmentLength(offload: Offload, view: DataView, transport: number, transportLength: number): number {
  if (offload.gsoType === gso.NONE) return transportLength;
  const header = offload.gsoType === gso.UDP_L4 ? udp.LENGTH : tcp.headerLength(view, transport);
  return Math.min(transportLength, header + offload.gsoSize);
}
