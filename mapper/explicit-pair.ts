/** A row of the table of explicit mappings (RFC 7757 §3.1), and its text form. */
import { parseIpv4 } from './address/ipv4.ts';
import { parseIpv6 } from './address/ipv6.ts';
import {
  formatIpv4Prefix,
  formatIpv6Prefix,
  type Ipv4Prefix,
  type Ipv6Prefix,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from './address/prefix.ts';

/** Addresses of one prefix stand for those of the other. */
export interface ExplicitPair {
  readonly ipv6: Ipv6Prefix;
  readonly ipv4: Ipv4Prefix;
}

/** Reads a pair; a missing length is /128 or /32. Throws a `RangeError` that says what is wrong. */
export function parseExplicitPair(ipv6Text: string, ipv4Text: string): ExplicitPair {
  const address6 = parseIpv6(ipv6Text);
  const address4 = parseIpv4(ipv4Text);
  const prefix6 = address6 === undefined ? parseIpv6Prefix(ipv6Text) : { address: address6, length: 128 };
  const prefix4 = address4 === undefined ? parseIpv4Prefix(ipv4Text) : { address: address4, length: 32 };
  if (prefix6 === undefined) throw new RangeError(`"${ipv6Text}" is no IPv6 address or prefix`);
  if (prefix4 === undefined) throw new RangeError(`"${ipv4Text}" is no IPv4 address or prefix`);
  return { ipv6: prefix6, ipv4: prefix4 };
}

/** Writes a pair for messages. */
export function formatExplicitPair(pair: ExplicitPair): string {
  return `${formatIpv6Prefix(pair.ipv6)} for ${formatIpv4Prefix(pair.ipv4)}`;
}
