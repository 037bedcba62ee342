import test from 'ava';
import { formatIpv4, ipv4, parseIpv4 } from './address/ipv4.ts';
import { formatIpv6, Ipv6Words, parseIpv6 } from './address/ipv6.ts';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix, parseIpv6Prefix } from './address/prefix.ts';
import { AddressMapList, NO_ADDRESS } from './address-map.ts';
import { chooseRange, DEFAULT_SELVES, DEFAULT_SPOOLS, rangeProblem } from './range.ts';
import { SelfMap } from './self-map.ts';
import { Spool } from './spool.ts';

const prefix = (text: string): Ipv4Prefix => parseIpv4Prefix(text) as Ipv4Prefix;

test('M2: the defaults are those of RFC 6535 §4.4, and /30 to /8 are accepted', (t) => {
  t.deepEqual(DEFAULT_SPOOLS, ['10.170.160.0/20', '172.21.80.0/20']);
  t.deepEqual(DEFAULT_SELVES, ['172.21.112.0/20', '10.170.224.0/20']);
  for (const text of [...DEFAULT_SPOOLS, ...DEFAULT_SELVES, '10.0.0.0/8', '192.168.9.4/30']) {
    t.is(rangeProblem(prefix(text)), undefined, text);
  }
  t.regex(rangeProblem(prefix('10.0.0.0/31')) ?? '', /not between/);
  t.regex(rangeProblem(prefix('16.0.0.0/4')) ?? '', /not between/);
});

test('M6: ranges hosts must not use are refused', (t) => {
  for (const text of [
    '127.5.0.0/16',
    '169.254.0.0/16',
    '0.1.0.0/16',
    '224.0.0.0/8',
    '240.0.0.0/24',
    '255.255.255.0/24',
  ]) {
    t.regex(rangeProblem(prefix(text)) ?? '', /which hosts must not use/, text);
  }
});

test('M3: a range that shares an address with one in use gives way to the next', (t) => {
  const candidates = DEFAULT_SPOOLS.map(prefix);
  const chosen = (taken: string[]) => {
    const range = chooseRange(candidates, taken.map(prefix));
    return range && formatIpv4Prefix(range);
  };
  t.is(chosen(['192.168.0.0/24']), '10.170.160.0/20');
  t.is(chosen(['10.0.0.0/8']), '172.21.80.0/20');
  t.is(chosen(['10.170.161.7/32']), '172.21.80.0/20');
  t.is(chosen(['10.0.0.0/8', '172.16.0.0/12']), undefined);
});

test('positions run through all ranges and back', (t) => {
  const spool = new Spool([prefix('10.0.0.0/30'), prefix('10.9.0.0/29')]);
  t.is(spool.size, 12);
  for (let position = 0; position < 12; position++) t.is(spool.position(spool.address(position)), position);
  t.is(formatIpv4(spool.address(4)), '10.9.0.0');
  t.is(spool.position(ipv4(0x0a000004)), -1);
  t.is(spool.position(ipv4(0xffffffff)), -1);
  t.throws(() => spool.address(12), { instanceOf: RangeError });
  t.deepEqual(
    Array.from({ length: 12 }, (_, position) => spool.isUsable(position)),
    [false, true, true, false, false, true, true, true, true, true, true, false],
  );
});

test('M8: every IPv4 address of this host is embedded in the self prefix, and spool addresses never are', (t) => {
  const spool = new Spool([prefix('10.170.160.0/20')]);
  const self = parseIpv6Prefix('fd12:3456:789a::/96');
  if (self === undefined) return t.fail();
  const map = new AddressMapList([new SelfMap(self, spool)]);
  const out = new Ipv6Words();
  t.true(map.toIpv6(ipv4(0xac157001), out));
  t.is(formatIpv6(out), 'fd12:3456:789a::ac15:7001');
  t.is(map.toIpv4(out), ipv4(0xac157001));
  t.false(map.toIpv6(parseIpv4('10.170.160.9') ?? ipv4(0), out));
  const embedded = (text: string) => map.toIpv4(parseIpv6(text) ?? out);
  t.is(embedded('fd12:3456:789a::10.170.160.9'), NO_ADDRESS);
  t.is(embedded('fd12:3456:789b::ac15:7001'), NO_ADDRESS);
  t.throws(() => new SelfMap({ ...self, length: 64 }, spool));
});
