/** Whom a listener answers (D5): only sources inside given prefixes; everybody else hears nothing. */
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import {
  ipv4PrefixContains,
  ipv6PrefixContains,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from '../../mapper/address/prefix.ts';

export const loopbackOnly: readonly string[] = ['127.0.0.0/8', '::1/128'];

/**
 * Makes a judge of source addresses, as sockets give them (`192.0.2.1`, `fe80::1%eth0`), from prefixes of either family.
 * Throws when one of them is none.
 */
export function serves(prefixes: readonly string[] = loopbackOnly): (source: string) => boolean {
  const judges = prefixes.map((text): ((source: string) => boolean) => {
    const four = parseIpv4Prefix(text);
    const six = parseIpv6Prefix(text);
    if (four !== undefined) {
      return (source) => {
        const address = parseIpv4(source);
        return address !== undefined && ipv4PrefixContains(four, address);
      };
    }
    if (six === undefined) throw new Error(`Cannot read the prefix ${JSON.stringify(text)} to serve`);
    return (source) => {
      const address = parseIpv6(source.split('%', 1)[0] ?? '');
      return address !== undefined && ipv6PrefixContains(six, address);
    };
  });
  return (source) => judges.some((judge) => judge(source));
}
