/** The names under which addresses are looked up backwards (RFC 1035 §3.5 in-addr.arpa, RFC 3596 §2.5 ip6.arpa). */
import { formatIpv4, type Ipv4Address, parseIpv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6ToOctets } from '../../mapper/address/ipv6.ts';
import { type Name, nameKey, parseName } from './name.ts';

const IN_ADDR_ARPA = '\x07in-addr\x04arpa\0';

/** The IPv4 address that `name` is the reverse name of; `undefined` for every other name. */
export function ipv4OfReverseName(name: Name): Ipv4Address | undefined {
  const key = nameKey(name);
  if (!key.endsWith(IN_ADDR_ARPA)) return undefined;
  const labels: string[] = [];
  let at = 0;
  for (; at < key.length - IN_ADDR_ARPA.length; at += 1 + key.charCodeAt(at)) {
    labels.push(key.slice(at + 1, at + 1 + key.charCodeAt(at)));
  }
  // A label with the suffix's octets inside it would have carried `at` past the place where the suffix begins.
  if (at !== key.length - IN_ADDR_ARPA.length || labels.length !== 4) return undefined;
  return parseIpv4(labels.reverse().join('.'));
}

/** The reverse name of an IPv6 address: 32 nibbles, the last first. */
export function reverseNameOf(address: Ipv6Address): Name {
  const nibbles = [...ipv6ToOctets(address)].flatMap((octet) => [octet >>> 4, octet & 15]).reverse();
  return nameOf(`${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`);
}

/** The reverse name of an IPv4 address: four numbers, the last first. */
export function reverseNameOfIpv4(address: Ipv4Address): Name {
  return nameOf(`${formatIpv4(address).split('.').reverse().join('.')}.in-addr.arpa`);
}

function nameOf(text: string): Name {
  const name = parseName(text);
  if (name === undefined) throw new Error('a reverse name is always a name');
  return name;
}
