import test from 'ava';
import fc from 'fast-check';
import { formatIpv4, ipv4 } from '../../mapper/address/ipv4.ts';
import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import { formatName, parseName } from './name.ts';
import { ipv4OfReverseName, reverseNameOf, reverseNameOfIpv4 } from './reverse-name.ts';

test('E14: every IPv4 address is found again under its reverse name, in any letter case', (t) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.boolean(), (value, isUpper) => {
      const address = ipv4(value);
      const text = `${formatIpv4(address).split('.').reverse().join('.')}.in-addr.arpa`;
      const name = parseName(isUpper ? text.toUpperCase() : text);
      return (
        name !== undefined && ipv4OfReverseName(name) === address && formatName(reverseNameOfIpv4(address)) === text
      );
    }),
  );
  t.pass();
});

test('E15: names that only look like an address’s are not', (t) => {
  for (const text of [
    '1\\.2.3.4.in-addr.arpa',
    '1.2.3.256.in-addr.arpa',
    '1.2.3.in-addr.arpa',
    '0.1.2.3.4.in-addr.arpa',
    '1.2.3.4.in-addr.arpa.example',
    '1.2.3.4\\007in-addr.arpa',
    'in-addr.arpa',
    '.',
  ]) {
    const name = parseName(text);
    t.truthy(name, text);
    if (name !== undefined) t.is(ipv4OfReverseName(name), undefined, text);
  }
});

test('E14: the reverse name of an IPv6 address is its nibbles, the last first (RFC 3596 2.5)', (t) => {
  const address = parseIpv6('4321:0:1:2:3:4:567:89ab');
  if (address === undefined) return t.fail();
  return t.is(
    formatName(reverseNameOf(address)),
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  );
});
