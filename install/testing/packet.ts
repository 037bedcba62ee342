/** IPv6 packets by hand, whole or deliberately wrong. For tests only. */

/** The flags of a TCP header (RFC 9293 §3.1). */
export const tcpFlag = { NONE: 0, FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** The ones' complement sum of 16-bit words (RFC 1071), not complemented. */
function sum(octets: Buffer): number {
  let total = 0;
  for (let index = 0; index < octets.length; index += 2) {
    total += ((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0);
    total = (total & 0xffff) + (total >>> 16);
  }
  return total;
}

/** Puts an IPv6 header in front of `payload`, whose checksum, at `checksumAt`, is set right unless `isWrong`. */
function packet(
  source: Buffer,
  destination: Buffer,
  protocol: number,
  payload: Buffer,
  checksumAt: number,
  isWrong = false,
): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = protocol;
  header[7] = 64;
  source.copy(header, 8);
  destination.copy(header, 24);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt16BE(payload.length, 2);
  pseudo[7] = protocol;
  payload.writeUInt16BE(0, checksumAt);
  const checksum = ~sum(Buffer.concat([source, destination, pseudo, payload])) & 0xffff;
  payload.writeUInt16BE(isWrong ? checksum ^ 0x5555 : checksum, checksumAt);
  return Buffer.concat([header, payload]);
}

/** A TCP segment without data, from port 40000 to `port`. */
export function tcp(source: Buffer, destination: Buffer, port: number, flags: number, isWrong = false): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(40_000);
  header.writeUInt16BE(port, 2);
  header.writeUInt32BE(1000, 4);
  header[12] = 0x50;
  header[13] = flags;
  header.writeUInt16BE(65_535, 14);
  return packet(source, destination, TCP, header, 16, isWrong);
}

/** A UDP datagram of four octets, from port 40000 to `port`. */
export function udp(source: Buffer, destination: Buffer, port: number, isWrong = false): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(40_000);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(12, 4);
  return packet(source, destination, UDP, header, 6, isWrong);
}

/** An ICMPv6 message: type, code and 40 more octets, which for an error are a quote of nothing known. */
export function icmpv6(source: Buffer, destination: Buffer, type: number, isWrong = false): Buffer {
  const message = Buffer.alloc(48);
  message[0] = type;
  message[4] = 7;
  message[8] = 0x60;
  return packet(source, destination, ICMPV6, message, 2, isWrong);
}
