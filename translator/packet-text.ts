/**
 * A packet as one line of text, for traces, logs and tests: what one prints the other reads, so a line from a trace can
 * be pasted into a test. Layers are joined by ` | `; what is usual (a right checksum, a length that fits) is not
 * written.
 *
 *     IPv4 172.21.112.1 > 10.170.160.9 ttl=64 df | UDP 40000 > 53 | "hello"
 *     IPv6 2001:db8::1 > fd00::ac15:7001 hlim=61 | ICMPv6 unreachable/4 | IPv6 fd00::ac15:7001 > … | UDP 40000 > 53
 */
import type { HeaderBuffer } from './header-buffer.ts';
import { Offload, type PacketBuffer } from './packet-buffer.ts';
import { parseIp } from './text/ip-parser.ts';
import { formatIp } from './text/ip-text.ts';
import { splitLayers } from './text/layers.ts';

/** Prints a packet; octets that are none come out as `0x…`. Never throws. */
export function formatPacket(octets: Uint8Array, offload?: Offload): string {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return formatIp(view, 0, octets.length, offload);
}

/** Prints the packet in a buffer. */
export function formatPacketBuffer(packet: PacketBuffer): string {
  return formatPacket(packet.bytes.subarray(packet.start, packet.start + packet.length), packet.offload);
}

/** Prints what became of `packet`: one line for each piece. */
export function formatPieces(packet: PacketBuffer, out: HeaderBuffer): string[] {
  return Array.from({ length: out.count }, (_, piece) => formatPacket(out.join(packet, piece), out.offload));
}

/** Reads a line. Throws an `Error` that names the word it does not understand. */
export function parsePacket(line: string): { octets: Uint8Array; offload: Offload } {
  const offload = new Offload();
  return { octets: parseIp(splitLayers(line), offload), offload };
}

/** Reads a line into a buffer, from where its packet starts. */
export function parseIntoPacketBuffer(line: string, packet: PacketBuffer): void {
  const { octets, offload } = parsePacket(line);
  packet.bytes.set(octets, packet.start);
  packet.length = octets.length;
  Object.assign(packet.offload, offload);
}
