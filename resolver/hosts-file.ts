/**
 * Names that the hosts file (hosts(5)) gives IPv6 addresses and no IPv4 (E25). A C library that finds no IPv4 address
 * there asks the DNS, and so us; to us such a line is as good as an AAAA record.
 */
import { parseIpv4 } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, parseIpv6 } from '../mapper/address/ipv6.ts';
import { formatName, type Name } from './message/name.ts';

/** What `formatName` writes without escapes; other names nobody has in this file. */
const PLAIN = /^[A-Za-z0-9_*/.-]+$/;

/** IPv4 inside IPv6 (RFC 4291 §2.5.5.2) is IPv4 to the C library. */
function isMapped({ w0, w1, w2 }: Ipv6Address): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0xffff;
}

/**
 * The addresses of each name that has only IPv6, in the order of the lines; names in lower case. Lines that make no sense
 * are passed over.
 */
export function readHosts(text: string): Map<string, readonly Ipv6Address[]> {
  const byName = new Map<string, Ipv6Address[]>();
  const withIpv4: string[] = [];
  for (const line of text.split('\n')) {
    const [entry = ''] = line.split('#', 1);
    const [first = '', ...names] = entry.trim().split(/\s+/);
    const address = parseIpv6(first);
    const isIpv4 = address === undefined ? parseIpv4(first) !== undefined : isMapped(address);
    if (isIpv4) for (const name of names) withIpv4.push(name);
    else if (address !== undefined) add(byName, names, address);
  }
  for (const name of withIpv4) byName.delete(name.toLowerCase());
  return byName;
}

function add(byName: Map<string, Ipv6Address[]>, names: readonly string[], address: Ipv6Address): void {
  for (const name of names) {
    if (!PLAIN.test(name)) continue;
    const same = byName.get(name.toLowerCase());
    if (same === undefined) byName.set(name.toLowerCase(), [address]);
    else same.push(address);
  }
}

/** The IPv6 addresses of a name that has no others; none for all other names. */
export type HostsFile = (name: Name) => readonly Ipv6Address[];

/** Follows a file: `text` gives its content as it is now, and is called for every name; it is read when it has changed. */
export function followHosts(text: () => string): HostsFile {
  let before = '';
  let names = readHosts(before);
  return (name) => {
    const now = text();
    if (now !== before) {
      before = now;
      names = readHosts(now);
    }
    return names.get(formatName(name).toLowerCase()) ?? [];
  };
}
