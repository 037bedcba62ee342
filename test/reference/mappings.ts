/**
 * RFC 7757 and RFC 6052 the slow way: addresses as strings of bits, tables searched from end to end. The maps of
 * `mapper/` are compared with this.
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6FromOctets, ipv6ToOctets } from '../../mapper/address/ipv6.ts';
import type { Ipv6Prefix } from '../../mapper/address/prefix.ts';
import type { ExplicitPair } from '../../mapper/explicit-pair.ts';

const bits4 = (address: Ipv4Address): string => address.toString(2).padStart(32, '0');

const bits6 = (address: Ipv6Address): string =>
  Array.from(ipv6ToOctets(address), (octet) => octet.toString(2).padStart(8, '0')).join('');

function fromBits6(bits: string): Ipv6Address {
  const octets = bits.match(/.{8}/g) ?? [];
  return ipv6FromOctets(Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2)));
}

const fromBits4 = (bits: string): Ipv4Address => Number.parseInt(bits, 2) as Ipv4Address;

/** RFC 7757 §3.3.1: the longest prefix that holds the address, and the rest of it behind the other prefix. */
export function explicitToIpv6(pairs: readonly ExplicitPair[], address: Ipv4Address): Ipv6Address | undefined {
  const text = bits4(address);
  const [best] = pairs
    .filter(({ ipv4 }) => text.startsWith(bits4(ipv4.address).slice(0, ipv4.length)))
    .sort((a, b) => b.ipv4.length - a.ipv4.length);
  if (best === undefined) return undefined;
  const prefix = bits6(best.ipv6.address).slice(0, best.ipv6.length);
  return fromBits6((prefix + text.slice(best.ipv4.length)).padEnd(128, '0'));
}

/** RFC 7757 §3.3.2. */
export function explicitToIpv4(pairs: readonly ExplicitPair[], address: Ipv6Address): Ipv4Address | undefined {
  const text = bits6(address);
  const [best] = pairs
    .filter(({ ipv6 }) => text.startsWith(bits6(ipv6.address).slice(0, ipv6.length)))
    .sort((a, b) => b.ipv6.length - a.ipv6.length);
  if (best === undefined) return undefined;
  const prefix = bits4(best.ipv4.address).slice(0, best.ipv4.length);
  return fromBits4((prefix + text.slice(best.ipv6.length)).slice(0, 32));
}

/** RFC 6052 §2.3: take out octet "u", embed behind the prefix, and put it back. */
export function embed(prefix: Ipv6Prefix, address: Ipv4Address): Ipv6Address {
  const all = bits6(prefix.address);
  if (prefix.length === 96) return fromBits6(all.slice(0, 96) + bits4(address));
  const without = (all.slice(0, prefix.length) + bits4(address)).padEnd(120, '0');
  return fromBits6(`${without.slice(0, 64)}00000000${without.slice(64)}`);
}

/** RFC 6052 §2.3: the same backwards. */
export function extract(prefix: Ipv6Prefix, address: Ipv6Address): Ipv4Address | undefined {
  const all = bits6(address);
  if (!all.startsWith(bits6(prefix.address).slice(0, prefix.length))) return undefined;
  if (prefix.length === 96) return fromBits4(all.slice(96));
  const without = all.slice(0, 64) + all.slice(72);
  return fromBits4(without.slice(prefix.length, prefix.length + 32));
}
