/** Address prefixes, written `address/length` (RFC 4632 §3.1, RFC 4291 §2.3). */
import { formatIpv4, type Ipv4Address, ipv4, parseIpv4 } from './ipv4.ts';
import { formatIpv6, type Ipv6Address, ipv6, parseIpv6 } from './ipv6.ts';

/** The IPv4 addresses whose first `length` bits are those of `address`; all other bits of `address` are zero. */
export interface Ipv4Prefix {
  readonly address: Ipv4Address;
  readonly length: number;
}

/** The IPv6 addresses whose first `length` bits are those of `address`; all other bits of `address` are zero. */
export interface Ipv6Prefix {
  readonly address: Ipv6Address;
  readonly length: number;
}

/** The mask of a prefix length (0 to 32), as a signed word. */
function mask32(length: number): number {
  return length <= 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length);
}

function parseLength(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^(0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const length = Number(text);
  return length <= most ? length : undefined;
}

/** Reads `10.170.160.0/20`; `undefined` for anything else, also when bits behind the prefix are set. */
export function parseIpv4Prefix(text: string): Ipv4Prefix | undefined {
  const [head = '', tail, more] = text.split('/');
  const address = parseIpv4(head);
  const length = parseLength(tail, 32);
  if (address === undefined || length === undefined || more !== undefined) return undefined;
  return (address & ~mask32(length)) === 0 ? { address, length } : undefined;
}

/** Reads `2001:db8::/32`; `undefined` for anything else, also when bits behind the prefix are set. */
export function parseIpv6Prefix(text: string): Ipv6Prefix | undefined {
  const [head = '', tail, more] = text.split('/');
  const address = parseIpv6(head);
  const length = parseLength(tail, 128);
  if (address === undefined || length === undefined || more !== undefined) return undefined;
  const prefix = ipv6Prefix(address, length);
  return prefix.address.w0 === address.w0 &&
    prefix.address.w1 === address.w1 &&
    prefix.address.w2 === address.w2 &&
    prefix.address.w3 === address.w3
    ? prefix
    : undefined;
}

/** The prefix of `length` bits (0 to 32) that holds `address`. */
export function ipv4Prefix(address: Ipv4Address, length: number): Ipv4Prefix {
  return { address: ipv4(address & mask32(length)), length };
}

/** The prefix of `length` bits (0 to 128) that holds `address`. */
export function ipv6Prefix(address: Ipv6Address, length: number): Ipv6Prefix {
  return {
    address: ipv6(
      address.w0 & mask32(length),
      address.w1 & mask32(length - 32),
      address.w2 & mask32(length - 64),
      address.w3 & mask32(length - 96),
    ),
    length,
  };
}

export function ipv4PrefixContains(prefix: Ipv4Prefix, address: Ipv4Address): boolean {
  return ((prefix.address ^ address) & mask32(prefix.length)) === 0;
}

export function ipv6PrefixContains(prefix: Ipv6Prefix, address: Ipv6Address): boolean {
  const { address: own, length } = prefix;
  return (
    ((own.w0 ^ address.w0) & mask32(length)) === 0 &&
    ((own.w1 ^ address.w1) & mask32(length - 32)) === 0 &&
    ((own.w2 ^ address.w2) & mask32(length - 64)) === 0 &&
    ((own.w3 ^ address.w3) & mask32(length - 96)) === 0
  );
}

/** Whether two prefixes share an address. */
export function ipv4PrefixesOverlap(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return ((a.address ^ b.address) & mask32(Math.min(a.length, b.length))) === 0;
}

/** How many addresses a prefix holds. */
export function ipv4PrefixSize(prefix: Ipv4Prefix): number {
  return 2 ** (32 - prefix.length);
}

/** The fewest prefixes that hold exactly `count` addresses from `first` on. */
export function coverIpv4(first: Ipv4Address, count: number): Ipv4Prefix[] {
  const prefixes: Ipv4Prefix[] = [];
  for (let address: number = first, left = count; left > 0; ) {
    let size = 1;
    while (address % (2 * size) === 0 && 2 * size <= left) size *= 2;
    prefixes.push({ address: ipv4(address), length: 32 - Math.log2(size) });
    address += size;
    left -= size;
  }
  return prefixes;
}

export function formatIpv4Prefix(prefix: Ipv4Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

export function formatIpv6Prefix(prefix: Ipv6Prefix): string {
  return `${formatIpv6(prefix.address)}/${prefix.length}`;
}
