/** What somebody wants an IPv4 address or prefix to stand for, for ever (RFC 7757): an IPv6 one, or what a name has. */
import { parseIpv4 } from './address/ipv4.ts';
import { formatIpv6, parseIpv6 } from './address/ipv6.ts';
import {
  formatIpv4Prefix,
  formatIpv6Prefix,
  type Ipv4Prefix,
  type Ipv6Prefix,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from './address/prefix.ts';

export interface ExplicitEntry {
  readonly ipv4: Ipv4Prefix;
  /** In presentation format, in lower case, without the dot of the root. */
  readonly to: { readonly prefix: Ipv6Prefix } | { readonly name: string };
}

/** Names of hosts, with at least one dot or none: what is all digits and dots is a misspelt address. */
const hostName =
  /^(?=.{1,253}\.?$)(?!\d+(?:\.\d+)*\.?$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

/** Reads both sides; a missing length is /32 or /128. `undefined` if one of them is not what it should be. */
export function parseExplicitEntry(ipv4Text: string, toText: string): ExplicitEntry | undefined {
  const address4 = parseIpv4(ipv4Text);
  const ipv4 = address4 === undefined ? parseIpv4Prefix(ipv4Text) : { address: address4, length: 32 };
  if (ipv4 === undefined) return undefined;
  const address6 = parseIpv6(toText);
  const prefix = address6 === undefined ? parseIpv6Prefix(toText) : { address: address6, length: 128 };
  if (prefix !== undefined) return 32 - ipv4.length <= 128 - prefix.length ? { ipv4, to: { prefix } } : undefined;
  const isName = ipv4.length === 32 && hostName.test(toText);
  return isName ? { ipv4, to: { name: toText.toLowerCase().replace(/\.$/, '') } } : undefined;
}

/** Reads both sides from one text, with white space between them: "192.0.2.7 2001:db8::7". */
export function parseExplicitText(text: string): ExplicitEntry | undefined {
  const [ipv4 = '', to = '', more] = text.trim().split(/\s+/);
  return more === undefined ? parseExplicitEntry(ipv4, to) : undefined;
}

/** An IPv4 address or prefix, as people write it. */
export function formatExplicitIpv4(prefix: Ipv4Prefix): string {
  return formatIpv4Prefix(prefix).replace(/\/32$/, '');
}

export function formatExplicitIpv6(prefix: Ipv6Prefix): string {
  return prefix.length === 128 ? formatIpv6(prefix.address) : formatIpv6Prefix(prefix);
}
