import test from 'ava';
import fc from 'fast-check';
import { embed, extract } from '../test/reference/mappings.ts';
import { formatIpv4, ipv4, parseIpv4 } from './address/ipv4.ts';
import { formatIpv6, Ipv6Words, ipv6, parseIpv6 } from './address/ipv6.ts';
import { ipv6Prefix, parseIpv6Prefix } from './address/prefix.ts';
import { AddressMapList, NO_ADDRESS } from './address-map.ts';
import { EmbeddedMap } from './embedded-map.ts';
import { ExplicitMap } from './explicit-map.ts';
import { parseExplicitPair } from './explicit-pair.ts';
import { isGlobalIpv4 } from './global-ipv4.ts';

function map(text: string): EmbeddedMap {
  const prefix = parseIpv6Prefix(text);
  if (prefix === undefined) throw new Error(`${text} is no prefix`);
  return new EmbeddedMap(prefix);
}

function to6(from: EmbeddedMap | AddressMapList, text: string): string {
  const out = new Ipv6Words();
  const address = parseIpv4(text);
  return address !== undefined && from.toIpv6(address, out) ? formatIpv6(out) : 'none';
}

function to4(from: EmbeddedMap | AddressMapList, text: string): string {
  const address = parseIpv6(text);
  const found = address === undefined ? NO_ADDRESS : from.toIpv4(address);
  return found === NO_ADDRESS ? 'none' : formatIpv4(found);
}

test('RFC 6052 6052-2.2, M18: the six layouts, as in the table of §2.4', (t) => {
  const rows: [string, string][] = [
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
  ];
  for (const [prefix, six] of rows) {
    t.is(to6(map(prefix), '192.0.2.33'), six);
    t.is(to4(map(prefix), six), '192.0.2.33');
    t.is(to4(map(prefix), '2001:db9::'), 'none');
  }
  t.is(
    to4(map('2001:db8:122:344::/64'), '2001:db8:122:344:ffc0:2:21ff:ffff'),
    '192.0.2.33',
    'u and suffix say nothing',
  );
  t.is(to4(map('2001:db8::/32'), '2001:db8:c000:221:1234:5678:9abc:def0'), '192.0.2.33');
});

test('RFC 6052 6052-2.2: prefixes that are none are refused', (t) => {
  for (const length of [0, 31, 33, 63, 65, 95, 97, 128]) {
    const make = (): EmbeddedMap => new EmbeddedMap(ipv6Prefix(ipv6(0, 0, 0, 0), length));
    t.throws(make, { instanceOf: RangeError, message: `::/${length}: the length must be one of 32,40,48,56,64,96` });
  }
  t.throws(() => map('2001:db8::100:0:0:0/96'), { message: /: bits 64 to 71 must be zero$/ });
});

test('RFC 6052 6052-2.2, M18: every layout says what octets moved one by one say', (t) => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(
      fc.constantFrom(32, 40, 48, 56, 64, 96),
      fc.tuple(word, word, fc.integer({ min: 0, max: 0xffffff })),
      fc.tuple(word, word, word, word),
      (length, [w0, w1, w2], [a, b, c, d]) => {
        const prefix = ipv6Prefix(ipv6(w0, w1, w2, 0), length);
        const own = new EmbeddedMap(prefix);
        const out = new Ipv6Words();
        out.set(-1, -1, -1, -1);
        t.true(own.toIpv6(ipv4(d), out));
        t.deepEqual({ ...out }, { ...embed(prefix, ipv4(d)) });
        t.is(own.toIpv4(out), ipv4(d));
        // Any address, and one of the prefix with any bits behind it.
        const inside = ipv6(w0, length > 32 ? w1 : b, length > 64 ? w2 : c, d);
        for (const address of [ipv6(a, b, c, d), inside]) {
          t.is(own.toIpv4(address), extract(prefix, address) ?? NO_ADDRESS);
        }
      },
    ),
  );
});

test('RFC 6052 6052-3.1: the well-known prefix stands before global addresses only', (t) => {
  const wellKnown = map('64:ff9b::/96');
  t.is(to6(wellKnown, '8.8.4.4'), '64:ff9b::808:404');
  t.is(to4(wellKnown, '64:ff9b::808:404'), '8.8.4.4');
  const edges = [
    ...['0.255.255.255', '10.0.0.1', '100.64.0.0', '100.127.255.255', '127.0.0.1', '169.254.1.1', '172.16.0.1'],
    ...['172.31.255.255', '192.0.0.8', '192.0.2.33', '192.88.99.1', '192.168.1.1', '198.18.0.0', '198.19.255.255'],
    ...['198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.0', '255.255.255.255'],
  ];
  for (const text of edges) {
    const address = parseIpv4(text);
    t.is(to6(wellKnown, text), 'none', text);
    if (address !== undefined) t.is(wellKnown.toIpv4(ipv6(0x64ff9b, 0, 0, address)), NO_ADDRESS, text);
    t.not(to6(map('64:ff9b:1::/48'), text), 'none', 'the prefix for local use (RFC 8215) takes them');
    t.not(to6(map('2001:db8::/96'), text), 'none');
  }
  for (const text of ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.0.0']) {
    t.true(isGlobalIpv4(parseIpv4(text) ?? 0), text);
  }
  for (const text of ['172.32.0.0', '192.0.1.0', '192.0.3.0', '198.17.255.255', '198.20.0.0', '223.255.255.255']) {
    t.true(isGlobalIpv4(parseIpv4(text) ?? 0), text);
  }
});

test('RFC 7757 7757-FB: where no explicit mapping is, the embedded one holds', (t) => {
  const explicit = new ExplicitMap([parseExplicitPair('2001:db8:aaaa::1', '198.51.100.1')]);
  const both = new AddressMapList([explicit, map('2001:db8:64::/96')]);
  t.is(to6(both, '198.51.100.1'), '2001:db8:aaaa::1');
  t.is(to6(both, '198.51.100.2'), '2001:db8:64::c633:6402');
  t.is(to4(both, '2001:db8:aaaa::1'), '198.51.100.1');
  t.is(to4(both, '2001:db8:64::c633:6402'), '198.51.100.2');
  t.is(to4(both, '2001:db8:64::c633:6401'), '198.51.100.1', 'as its partners know it');
  t.is(to4(both, '2001:db8:aaaa::2'), 'none');
});
