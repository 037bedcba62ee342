/** Addresses that are never translated, in either direction (RFC 7915 §4.1, §5.1; RFC 6052 §3.1, §5.1; RFC 6890). */
import type { Ipv6Address } from '../mapper/address/ipv6.ts';

/** Whether an IPv4 address (signed or not) is 0/8, 127/8, 169.254/16, 224/4 or 240/4, broadcast included. */
export function isIllegalIpv4(address: number): boolean {
  const top = address >>> 24;
  return top === 0 || top === 127 || top >= 224 || address >>> 16 === 0xa9fe;
}

/** Whether an IPv4 address is for more than one host: 224/4 or 255.255.255.255. */
export function isMulticastIpv4(address: number): boolean {
  return address >>> 28 === 14 || (address | 0) === -1;
}

/** Whether an IPv6 address is in ::/96 (:: and ::1 among them), ::ffff:0:0/96, fe80::/10, ff00::/8 or 100::/64. */
export function isIllegalIpv6(address: Ipv6Address): boolean {
  const { w0, w1, w2 } = address;
  if (w0 === 0) return w1 === 0 && (w2 === 0 || w2 === 0xffff);
  return w0 >>> 22 === 0x3fa || w0 >>> 24 === 255 || (w0 === 0x01000000 && w1 === 0);
}

/** Whether an IPv6 address is for more than one host: ff00::/8. */
export function isMulticastIpv6(address: Ipv6Address): boolean {
  return address.w0 >>> 24 === 255;
}
