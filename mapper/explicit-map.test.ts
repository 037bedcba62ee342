import test from 'ava';
import fc from 'fast-check';
import { explicitToIpv4, explicitToIpv6 } from '../test/reference/mappings.ts';
import { formatIpv4, ipv4, parseIpv4 } from './address/ipv4.ts';
import { formatIpv6, Ipv6Words, ipv6, parseIpv6 } from './address/ipv6.ts';
import { ipv4Prefix, ipv6Prefix } from './address/prefix.ts';
import { NO_ADDRESS } from './address-map.ts';
import { ExplicitMap } from './explicit-map.ts';
import { type ExplicitPair, parseExplicitPair } from './explicit-pair.ts';

const table = (...rows: [string, string][]): ExplicitMap =>
  new ExplicitMap(rows.map(([six, four]) => parseExplicitPair(six, four)));

function to6(map: ExplicitMap, text: string): string {
  const out = new Ipv6Words();
  const address = parseIpv4(text);
  return address !== undefined && map.toIpv6(address, out) ? formatIpv6(out) : 'none';
}

function to4(map: ExplicitMap, text: string): string {
  const address = parseIpv6(text);
  const found = address === undefined ? NO_ADDRESS : map.toIpv4(address);
  return found === NO_ADDRESS ? 'none' : formatIpv4(found);
}

test('RFC 7757 7757-3.2, M17: hosts and prefixes, suffix copied, what is left of IPv6 zero', (t) => {
  const map = table(
    ['2001:db8:aaaa::', '192.0.2.1'],
    ['2001:db8:bbbb::b/128', '192.0.2.2/32'],
    ['2001:db8:cccc::/124', '192.0.2.16/28'],
    ['2001:db8:dddd::/64', '192.0.2.128/26'],
    ['2001:db8:eeee:8::/62', '192.0.2.192/29'],
    ['64:ff9b::/127', '192.0.2.224/31'],
  );
  const rows: [string, string][] = [
    ['192.0.2.1', '2001:db8:aaaa::'],
    ['192.0.2.2', '2001:db8:bbbb::b'],
    ['192.0.2.16', '2001:db8:cccc::'],
    ['192.0.2.24', '2001:db8:cccc::8'],
    ['192.0.2.152', '2001:db8:dddd:0:6000::'],
    ['192.0.2.183', '2001:db8:dddd:0:dc00::'],
    ['192.0.2.199', '2001:db8:eeee:b:8000::'],
    ['192.0.2.224', '64:ff9b::'],
    ['192.0.2.225', '64:ff9b::1'],
  ];
  for (const [four, six] of rows) {
    t.is(to6(map, four), six);
    t.is(to4(map, six), four);
  }
  t.is(to4(map, '2001:db8:cccc::f'), '192.0.2.31');
  t.is(to4(map, '2001:db8:dddd::1'), '192.0.2.128', 'bits that IPv4 has no place for are left out');
  t.is(to6(map, '192.0.2.3'), 'none');
  t.is(to4(map, '2001:db8:cccc::10'), 'none');
  t.true(map.hasIpv4(ipv4(0xc0000201)));
  t.false(map.hasIpv4(ipv4(0xc0000203)));
});

test('RFC 7757 7757-OVL, M17: rows overlap, and the longest prefix decides in each direction for itself', (t) => {
  const map = table(
    ['2001:db8::/64', '198.51.100.0/24'],
    ['2001:db8::/96', '203.0.113.0/24'],
    ['2001:db8:1::1', '198.51.100.7'],
    ['::/0', '0.0.0.0/0'],
  );
  t.is(to6(map, '198.51.100.7'), '2001:db8:1::1');
  t.is(to6(map, '198.51.100.8'), '2001:db8:0:0:800::');
  t.is(to4(map, '2001:db8::800:0:0:0'), '198.51.100.8');
  t.is(to4(map, '2001:db8::'), '203.0.113.0', 'the other way round another row is the longest');
  t.is(to6(map, '10.1.2.3'), 'a01:203::');
  t.is(to4(map, 'a01:203::ffff'), '10.1.2.3');
});

test('RFC 7757 7757-3.2: what cannot be a table is refused, and why is said', (t) => {
  const rows: [[string, string][], string][] = [
    [[['2001:db8::/120', '192.0.2.0/23']], '2001:db8::/120 for 192.0.2.0/23: 9 bits do not fit into 8'],
    [
      [
        ['2001:db8::1', '192.0.2.1'],
        ['2001:db8::2', '192.0.2.1'],
      ],
      '2001:db8::2/128 for 192.0.2.1/32: its IPv4 prefix is in the table already',
    ],
    [
      [
        ['2001:db8::/64', '192.0.2.0/24'],
        ['2001:db8::/64', '192.0.3.0/24'],
      ],
      '2001:db8::/64 for 192.0.3.0/24: its IPv6 prefix is in the table already',
    ],
    [[['2001:db8::1/64', '192.0.2.0/24']], '"2001:db8::1/64" is no IPv6 address or prefix'],
    [[['2001:db8::/64', '192.0.2.1/24']], '"192.0.2.1/24" is no IPv4 address or prefix'],
    [[['2001:db8::/64', '192.0.2.0/33']], '"192.0.2.0/33" is no IPv4 address or prefix'],
  ];
  for (const [pairs, message] of rows) t.throws(() => table(...pairs), { instanceOf: RangeError, message });
});

test('RFC 7757: a table without rows maps nothing', (t) => {
  t.is(to6(table(), '192.0.2.1'), 'none');
  t.is(to4(table(), '2001:db8::1'), 'none');
});

/** Few different bits, so that prefixes hold each other. */
const word = fc.constantFrom(0, 1, 0x80000000, 0xc0000000, 0x40000000, 0xffffffff, 0x20010db8);
const pair = fc
  .tuple(word, word, word, word, word, fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 128 }))
  .map(([four, w0, w1, w2, w3, length4, length6]): ExplicitPair => {
    const most = Math.min(length6, 96 + length4);
    return { ipv4: ipv4Prefix(ipv4(four), length4), ipv6: ipv6Prefix(ipv6(w0, w1, w2, w3), most) };
  });
const pairs = fc
  .uniqueArray(pair, { selector: (p) => JSON.stringify(p.ipv4), maxLength: 40, size: 'max' })
  .map((all) => [...new Map(all.map((p) => [JSON.stringify(p.ipv6), p])).values()]);
const any = fc.oneof(word, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));

test('RFC 7757 7757-3.2, M17: the trie says what a search from end to end says', (t) => {
  fc.assert(
    fc.property(
      pairs,
      fc.array(fc.tuple(any, any, any, any), { minLength: 1, maxLength: 20, size: 'max' }),
      (rows, addresses) => {
        const map = new ExplicitMap(rows);
        const out = new Ipv6Words();
        const near = rows.map(({ ipv6: { address } }): [number, number, number, number] => [
          address.w0,
          address.w1,
          address.w2,
          address.w3 ^ 1,
        ]);
        for (const [w0, w1, w2, w3] of [...addresses, ...near]) {
          const expected6 = explicitToIpv6(rows, ipv4(w0));
          t.is(map.toIpv6(ipv4(w0), out), expected6 !== undefined);
          if (expected6 !== undefined) t.deepEqual({ ...out }, { ...expected6 });
          t.is(map.toIpv4(ipv6(w0, w1, w2, w3)), explicitToIpv4(rows, ipv6(w0, w1, w2, w3)) ?? NO_ADDRESS);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('RFC 7757: rows that do not overlap lead there and back', (t) => {
  const rows = Array.from(
    { length: 256 },
    (_, index): ExplicitPair => ({
      ipv4: ipv4Prefix(ipv4(0x0a000000 + (index << 8)), 24),
      ipv6: ipv6Prefix(ipv6(0x20010db8, index, 0, 0), 64 + (index % 32)),
    }),
  );
  const map = new ExplicitMap(rows);
  const out = new Ipv6Words();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), (low) => {
      const address = ipv4(0x0a000000 + low);
      t.true(map.toIpv6(address, out));
      t.is(map.toIpv4(out), address);
    }),
  );
});

test('M17: a look-up costs by the length of prefixes, not by their number', (t) => {
  const count = 100_000;
  const rows = Array.from(
    { length: count },
    (_, index): ExplicitPair => ({
      ipv4: ipv4Prefix(ipv4(0x0a000000 + index), 32),
      ipv6: ipv6Prefix(ipv6(0x20010db8, 0, 0, index), 128),
    }),
  );
  const few = new ExplicitMap(rows.slice(0, 100));
  const many = new ExplicitMap(rows);
  /** The least of five times, in nanoseconds a look-up. */
  const cost = (map: ExplicitMap): number => {
    const out = new Ipv6Words();
    const looks = 20_000;
    const once = (): number => {
      const before = process.hrtime.bigint();
      for (let look = 0; look < looks; look++) {
        map.toIpv6(ipv4(0x0a000000 + (look % 100)), out);
        map.toIpv4(out);
      }
      return Number(process.hrtime.bigint() - before) / looks;
    };
    return Math.min(...Array.from({ length: 5 }, once));
  };
  cost(few);
  const ratio = cost(many) / cost(few);
  t.true(ratio < 20, `a thousand times as many rows cost ${ratio.toFixed(1)} times as much`);
});
