import test from 'ava';
import fc from 'fast-check';
import { formatIpv4, ipv4, parseIpv4 } from './ipv4.ts';
import { formatIpv6, ipv6, ipv6FromOctets, ipv6ToOctets, parseIpv6 } from './ipv6.ts';
import {
  formatIpv4Prefix,
  formatIpv6Prefix,
  ipv4PrefixContains,
  ipv4PrefixesOverlap,
  ipv6PrefixContains,
  parseIpv4Prefix,
  parseIpv6Prefix,
} from './prefix.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const sparse = fc.oneof(word, fc.constant(0), fc.constant(1), fc.constant(0x10000));

test('an IPv4 address is read back as it was written', (t) => {
  fc.assert(fc.property(word, (value) => parseIpv4(formatIpv4(ipv4(value))) === ipv4(value)));
  t.is(formatIpv4(ipv4(0x0aaaa009)), '10.170.160.9');
});

test('IPv4 text that programs read in different ways is refused', (t) => {
  for (const text of [
    '010.8.8.8',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4 ',
    '',
    '0x1.2.3.4',
    '1.2.3.-4',
    '1..2.3',
  ]) {
    t.is(parseIpv4(text), undefined, text);
  }
});

test('an IPv6 address is read back as it was written', (t) => {
  fc.assert(
    fc.property(sparse, sparse, sparse, sparse, (a, b, c, d) => {
      const address = ipv6(a, b, c, d);
      t.deepEqual(parseIpv6(formatIpv6(address)), address);
      t.deepEqual(ipv6FromOctets(ipv6ToOctets(address)), address);
    }),
  );
});

test('IPv6 text is as RFC 5952 says', (t) => {
  const rows: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [text, expected] of rows) {
    const address = parseIpv6(text);
    t.truthy(address, text);
    if (address !== undefined) t.is(formatIpv6(address), expected);
  }
});

test('text that is no IPv6 address is refused', (t) => {
  for (const text of [
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'fe80::1%eth0',
    '::1.2.3',
    '1:2:3:4:5:6:7::8:9',
    'g::',
    ' ::1',
  ]) {
    t.is(parseIpv6(text), undefined, text);
  }
});

test('prefixes contain, overlap, and refuse set bits behind their length', (t) => {
  const spool = parseIpv4Prefix('10.170.160.0/20');
  const host = parseIpv4Prefix('10.170.160.9/32');
  const all = parseIpv4Prefix('0.0.0.0/0');
  const prefix = parseIpv6Prefix('2001:db8:0:8000::/49');
  const address = parseIpv6('2001:db8:0:8001::1');
  const outside = parseIpv6('2001:db8:0:7fff::1');
  if (!spool || !host || !all || !prefix || !address || !outside) return t.fail('a prefix was refused');
  t.true(ipv4PrefixContains(spool, ipv4(0x0aaaafff)));
  t.false(ipv4PrefixContains(spool, ipv4(0x0aaab000)));
  t.true(ipv4PrefixContains(all, ipv4(0xffffffff)));
  t.true(ipv4PrefixesOverlap(host, spool));
  t.true(ipv6PrefixContains(prefix, address));
  t.false(ipv6PrefixContains(prefix, outside));
  t.is(formatIpv4Prefix(spool), '10.170.160.0/20');
  t.is(formatIpv6Prefix(prefix), '2001:db8:0:8000::/49');
  for (const text of ['10.170.160.1/20', '10.0.0.0/33', '10.0.0.0', '10.0.0.0/08', '10.0.0.0/8/8']) {
    t.is(parseIpv4Prefix(text), undefined, text);
  }
  for (const text of ['2001:db8::1/64', '::/129', '::']) t.is(parseIpv6Prefix(text), undefined, text);
  return t.pass();
});
