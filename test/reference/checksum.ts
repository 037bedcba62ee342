/** The Internet checksum as RFC 1071 §1 states it: slow, obvious, and sharing no line with the translator's. */

/** The one's complement sum of 16-bit words, an odd octet padded with zero. */
export function referenceSum(octets: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < octets.length; index += 2) {
    sum += (octets[index] ?? 0) * 256 + (octets[index + 1] ?? 0);
    if (sum > 0xffff) sum = sum - 0x10000 + 1;
  }
  return sum;
}

export function referenceChecksum(octets: readonly number[]): number {
  return 0xffff - referenceSum(octets);
}

/** Where the checksum is in a transport header, by protocol number. */
const CHECKSUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

/**
 * Whether every checksum of a whole, unfragmented packet is right: IPv4's header, and TCP, UDP or ICMP over their
 * pseudo-header. Extension headers are not understood. A UDP checksum of 0 counts as none.
 */
export function areChecksumsRight(packet: Uint8Array): boolean {
  const octets = [...packet];
  const isIpv4 = (octets[0] ?? 0) >> 4 === 4;
  const headerLength = isIpv4 ? ((octets[0] ?? 0) & 15) * 4 : 40;
  if (isIpv4 && referenceSum(octets.slice(0, headerLength)) !== 0xffff) return false;
  const protocol = octets[isIpv4 ? 9 : 6] ?? 0;
  const transport = octets.slice(headerLength);
  const at = CHECKSUM_AT[protocol];
  if (at === undefined) return true;
  if (protocol === 17 && transport[6] === 0 && transport[7] === 0) return true;
  const addresses = isIpv4 ? octets.slice(12, 20) : octets.slice(8, 40);
  const pseudoHeader = [...addresses, 0, 0, transport.length >> 8, transport.length & 255, 0, 0, 0, protocol];
  return referenceSum([...(protocol === 1 ? [] : pseudoHeader), ...transport]) === 0xffff;
}
