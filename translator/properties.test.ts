/** What holds for every packet, tried on random and mutated ones. */
import test from 'ava';
import fc from 'fast-check';
import { EmbeddingMap } from '../test/reference/address-maps.ts';
import { bump } from '../test/reference/bump.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { parsePacket } from './packet-text.ts';
import { verdict, verdicts } from './verdict.ts';

/** Every IPv4 address has an IPv6 address, and back: so only the packet decides. */
const maps = new EmbeddingMap(0x20010db8, 0x00640000, 0);
const settings = { maps, mtu4: 65_535, mtu6: 65_535, hideHop: true, lowestIpv6Mtu: 65_535 };

const octet = fc.nat(255);
const port = fc.nat(65_535);
const legal = fc.tuple(fc.integer({ min: 1, max: 126 }), octet, octet, octet).map((parts) => parts.join('.'));
const data = fc
  .uint8Array({ maxLength: 100, size: 'max' })
  .map((octets) => (octets.length === 0 ? '' : ` | 0x${Buffer.from(octets).toString('hex')}`));
const mark = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 0xfffe }).map((error) => ` bad+0x${error.toString(16)}`) },
);
const transport = fc.oneof(
  fc
    .tuple(port, port, mark, data)
    .map(([from, to, sum, rest]) => `TCP ${from} > ${to} PSH,ACK seq=${from * to}${sum}${rest}`),
  fc.tuple(port, port, mark, data).map(([from, to, sum, rest]) => `UDP ${from} > ${to}${sum}${rest}`),
  fc.tuple(port, port, mark, data).map(([id, seq, sum, rest]) => `ICMPv4 echo id=${id} seq=${seq}${sum}${rest}`),
  fc.tuple(port, port, mark, data).map(([id, seq, sum, rest]) => `ICMPv4 echo-reply id=${id} seq=${seq}${sum}${rest}`),
  fc.tuple(fc.constantFrom(33, 47, 50, 132, 253), data).map(([own, rest]) => `protocol ${own}${rest}`),
);
const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 4000 }), port).map(([at, id]) => ` mf offset=${at * 8} id=${id}`),
  },
);
const packet = fc.tuple(legal, legal, octet, octet, fragment, transport).map(([from, to, ttl, tos, pieces, layers]) => {
  const own = pieces === '' ? layers : 'protocol 17 | [64]';
  return `IPv4 ${from} > ${to} ttl=${ttl} tos=${tos}${pieces} | ${own}`;
});

function only(pieces: readonly Uint8Array[]): Uint8Array {
  const [piece] = pieces;
  if (piece === undefined || pieces.length !== 1) throw new Error(`${pieces.length} pieces`);
  return piece;
}

test('RFC 7915: what goes to IPv6 and back is what it was', (t) => {
  fc.assert(
    fc.property(packet, (line) => {
      const { octets } = parsePacket(line);
      const there = bump(octets, undefined, settings);
      t.is(there.verdict, 'translated', line);
      const back = bump(only(there.pieces), undefined, settings);
      t.deepEqual(only(back.pieces), octets, line);
    }),
    { numRuns: 500 },
  );
});

test('RFC 7915: what goes to IPv4 and back is what it was, but for flow label and extension headers', (t) => {
  const six = (address: string): string => {
    const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
    return `2001:db8:64::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  };
  const property = fc.property(legal, legal, octet, octet, transport, (from, to, hlim, tos, layers) => {
    const line = `IPv6 ${six(from)} > ${six(to)} hlim=${hlim} class=${tos} | ${layers.replace('ICMPv4', 'ICMPv6')}`;
    const { octets } = parsePacket(line);
    const there = bump(octets, undefined, settings);
    const back = bump(only(there.pieces), undefined, settings);
    t.deepEqual(only(back.pieces), octets, line);
  });
  fc.assert(property, { numRuns: 500 });
});

test('RFC 7915 4.5-TCP 4.5-UDP: with a checksum-neutral prefix checksums stay as they are, right or wrong', (t) => {
  // 0x0064 + 0xff9b is 0xffff, which is nothing in one's complement (RFC 6052 §4.1).
  const neutral = { ...settings, maps: new EmbeddingMap(0x0064ff9b, 0, 0) };
  const checksum = fc.oneof(port, fc.constantFrom(0, 1, 0xfffe, 0xffff));
  const property = fc.property(legal, legal, fc.boolean(), checksum, (from, to, isTcp, sum) => {
    if (!isTcp && sum === 0) return;
    const line = `IPv4 ${from} > ${to} | ${isTcp ? 'TCP 1 > 2 ACK' : 'UDP 1 > 2'} sum=${sum}`;
    const six = only(bump(parsePacket(line).octets, undefined, neutral).pieces);
    t.is(new DataView(six.buffer).getUint16(40 + (isTcp ? 16 : 6)), sum);
  });
  fc.assert(property, { numRuns: 300 });
});

test('RFC 7915 4.5-INCR: checksums are right after when they were before, and only then', (t) => {
  fc.assert(
    fc.property(packet, (line) => {
      const { octets } = parsePacket(line);
      if (line.includes('offset=')) return;
      const piece = only(bump(octets, undefined, settings).pieces);
      t.is(areChecksumsRight(piece), areChecksumsRight(octets), line);
    }),
    { numRuns: 500 },
  );
});

/** Lines that mutation starts from, one of every kind. */
const seeds = [
  'IPv4 10.0.0.1 > 10.0.0.2 | TCP 1 > 2 SYN options=020405b4 | [40]',
  'IPv4 10.0.0.1 > 10.0.0.2 id=7 | UDP 1 > 2 | [2000]',
  'IPv4 10.0.0.1 > 10.0.0.2 options=830704c000020100 | ICMPv4 echo id=1 seq=1 | [40]',
  'IPv4 10.0.0.1 > 10.0.0.2 mf offset=80 | protocol 17 | [40]',
  'IPv4 10.0.0.1 > 10.0.0.2 | ICMPv4 time-exceeded length=32 | IPv4 10.0.0.2 > 10.0.0.1 total=128 | UDP 1 > 2 length=108 | [100] | extension 0x20000000',
  'IPv6 2001:db8:64::1 > 2001:db8:64::2 | TCP 1 > 2 ACK | [40]',
  'IPv6 2001:db8:64::1 > 2001:db8:64::2 | hop-by-hop 010400000000 | routing 000000000000 | fragment id=9 mf | UDP 1 > 2 sum=0x0001 | [40]',
  'IPv6 2001:db8:64::1 > 2001:db8:64::2 | ICMPv6 packet-too-big mtu=1400 | IPv6 2001:db8:64::2 > 2001:db8:64::1 | fragment id=1 | TCP 1 > 2 | [40]',
].map((line) => parsePacket(line).octets);

test('ROBUST: mutated packets are translated or dropped, never an exception, never an octet unwritten', (t) => {
  const change = fc.tuple(fc.nat(160), octet);
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(change, { maxLength: 6 }),
      fc.nat(200),
      fc.boolean(),
      (seed, changes, cut, repair) => {
        const octets = seed.slice(0, Math.max(1, seed.length - (cut < 150 ? 0 : cut - 150)));
        for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
        if (repair) repairHeader(octets);
        t.true(bump(octets, undefined, { maps, mtu4: 1300, mtu6: 1500 }).verdict in verdict);
      },
    ),
    { numRuns: 3000 },
  );
});

/** Makes an IPv4 header's length and checksum right, so that mutation gets past them. */
function repairHeader(octets: Uint8Array): void {
  const length = ((octets[0] ?? 0) & 15) * 4;
  if ((octets[0] ?? 0) >> 4 !== 4 || length < 20 || length > octets.length) return;
  const view = new DataView(octets.buffer);
  view.setUint16(2, octets.length);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < length; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, 0xffff - ((sum & 0xffff) + (sum >>> 16)));
}

test('a verdict is its place in the list of words, and its word begins with what it is', (t) => {
  for (const [index, name] of verdicts.entries()) {
    t.is(verdict[name], index as never);
    t.regex(name, /^(translated$|refused-|dropped-)/);
  }
});
