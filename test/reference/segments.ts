/**
 * Segmentation by hand, on arrays of octets: what a kernel makes of a packet that is to be cut (Linux `tcp_gso_segment`,
 * `__udp_gso_segment`, `inet_gso_segment`), slow and obvious. Checksums are computed anew.
 */
import { referenceChecksum } from './checksum.ts';
import { type Octets, two, wordAt } from './translation.ts';

const TCP = 6;
const FIN_PSH = 0x09;
const CWR = 0x80;

/**
 * The segments of a whole packet with `size` octets of payload each, whose transport header of `protocol` begins
 * `transport` octets in.
 */
export function referenceSegments(packet: Octets, transport: number, protocol: number, size: number): Octets[] {
  const isIpv4 = (packet[0] ?? 0) >> 4 === 4;
  const headers = transport + (protocol === TCP ? ((packet[transport + 12] ?? 0) >> 4) * 4 : 8);
  const payload = packet.slice(headers);
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, index) => {
    const part = payload.slice(index * size, (index + 1) * size);
    const own = [...packet.slice(0, headers), ...part];
    const put = (at: number, octets: Octets): void => {
      own.splice(at, octets.length, ...octets);
    };
    if (isIpv4) {
      put(2, two(own.length));
      put(4, two((wordAt(packet, 4) + index) % 65_536));
      put(10, [0, 0]);
      put(10, two(referenceChecksum(own.slice(0, ((packet[0] ?? 0) & 15) * 4))));
    } else put(4, two(own.length - 40));
    if (protocol === TCP) {
      const sequence =
        (wordAt(packet, transport + 4) * 65_536 + wordAt(packet, transport + 6) + index * size) % 2 ** 32;
      put(transport + 4, [...two(Math.floor(sequence / 65_536)), ...two(sequence % 65_536)]);
      let flags = packet[transport + 13] ?? 0;
      if (index + 1 < count) flags &= ~FIN_PSH;
      if (index > 0) flags &= ~CWR;
      put(transport + 13, [flags]);
    } else put(transport + 4, two(own.length - transport));
    const checksumAt = transport + (protocol === TCP ? 16 : 6);
    put(checksumAt, [0, 0]);
    const addresses = isIpv4 ? own.slice(12, 20) : own.slice(8, 40);
    const length = own.length - transport;
    const checksum = referenceChecksum([...addresses, ...two(length), 0, protocol, ...own.slice(transport)]);
    put(checksumAt, two(checksum === 0 && protocol !== TCP ? 0xffff : checksum));
    return own;
  });
}
