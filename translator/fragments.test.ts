/** Fragments in, and fragments made (RFC 7915 §4, §4.1, §5.1, §5.1.1). */
import test from 'ava';
import fc from 'fast-check';
import { answered, bump, translated } from '../test/reference/bump.ts';
import { parsePacket } from './packet-text.ts';

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9';
const to6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001';
const to4 = 'IPv4 10.170.160.9 > 172.21.112.1';

/** One fragment: where its octets belong, whether more follow, and the octets. */
interface Piece {
  readonly offset: number;
  readonly hasMore: boolean;
  readonly octets: readonly number[];
  readonly length: number;
}

function readPiece(packet: Uint8Array): Piece {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (packet[0] === 0x45) {
    const word = view.getUint16(6);
    return {
      offset: (word & 0x1fff) * 8,
      hasMore: (word & 0x2000) !== 0,
      octets: [...packet.subarray(20)],
      length: view.getUint16(2),
    };
  }
  const isFragment = packet[6] === 44;
  const word = isFragment ? view.getUint16(42) : 0;
  const octets = [...packet.subarray(isFragment ? 48 : 40)];
  return { offset: word & 0xfff8, hasMore: (word & 1) !== 0, octets, length: 40 + view.getUint16(4) };
}

/** Puts fragments together octet by octet; throws where one is missing or there twice. */
function reassemble(pieces: readonly Piece[]): number[] {
  const whole: (number | undefined)[] = [];
  for (const { offset, octets } of pieces) {
    octets.forEach((octet, index) => {
      if (whole[offset + index] !== undefined) throw new Error(`Octet ${offset + index} is there twice`);
      whole[offset + index] = octet;
    });
  }
  return Array.from(whole, (octet, index) => {
    if (octet === undefined) throw new Error(`Octet ${index} is missing`);
    return octet;
  });
}

test('RFC 7915 4.1-FRAG 4.1-LIM: what may be cut is cut so that each piece fits the lowest MTU', (t) => {
  t.is(
    translated(`${from4} ttl=64 id=7 | UDP 1 > 2 | [1300]`),
    [
      `${to6} hlim=63 | fragment id=7 mf | UDP 1 > 2 length=1308 sum=0x9336 | [1224]`,
      `${to6} hlim=63 | fragment id=7 offset=1232 | protocol 17 | [76]`,
    ].join('\n'),
  );
  t.is(
    translated(`${from4} ttl=64 id=7 | UDP 1 > 2 | [1300]`, { lowestIpv6Mtu: 1400 }),
    `${to6} hlim=63 | UDP 1 > 2 | [1300]`,
  );
  t.is(translated(`${from4} ttl=64 | UDP 1 > 2 | [1400]`, { lowestIpv6Mtu: 9000, mtu6: 1400 }).split('\n').length, 2);
});

test('RFC 7915 4.1-FRAG 5.1.1-V4FRAG: the last piece may be no multiple of 8 octets, and fills its packet', (t) => {
  const sizes = (line: string, settings: object): number[] => {
    const { octets } = parsePacket(line);
    return bump(octets, undefined, settings).pieces.map(({ length }) => length);
  };
  const four = (octets: number): string => `${from4} ttl=64 id=7 | UDP 1 > 2 | [${octets - 8}]`;
  const six = (octets: number): string => `${from6} hlim=64 | UDP 1 > 2 | [${octets - 8}]`;
  // 1300 octets hold 1252 of data, and 1248 where more follow; 626 of IPv4 hold 606, and 600.
  t.deepEqual(sizes(four(1248 + 1252), { lowestIpv6Mtu: 1300 }), [1296, 1300]);
  t.deepEqual(sizes(four(1248 + 1253), { lowestIpv6Mtu: 1300 }), [1296, 1296, 53]);
  t.deepEqual(sizes(six(600 + 606), { mtu4: 626 }), [620, 626]);
  t.deepEqual(sizes(six(600 + 607), { mtu4: 626 }), [620, 620, 27]);
});

test('RFC 7915 4.1-FH 4.1-RES 4.5-FRAGN: fragments have a Fragment Header with the same numbers', (t) => {
  t.is(
    translated(`${from4} ttl=64 id=65535 mf | UDP 1 > 2 length=99 sum=0x0001 | [24]`),
    `${to6} hlim=63 | fragment id=65535 mf | UDP 1 > 2 length=99 sum=0x7ff1 | [24]`,
  );
  t.is(
    translated(`${from4} ttl=64 id=1 mf offset=1480 | protocol 6 | [32]`),
    `${to6} hlim=63 | fragment id=1 offset=1480 mf | protocol 6 | [32]`,
  );
  t.is(
    translated(`${from4} ttl=64 id=1 offset=1480 | protocol 17 | "rest"`),
    `${to6} hlim=63 | fragment id=1 offset=1480 | protocol 17 | "rest"`,
  );
});

test('RFC 7915 4.1-FH: a fragment is cut again, and the last piece of the last says that no more follow', (t) => {
  const lines = (line: string): string[] => translated(line).split('\n');
  t.deepEqual(lines(`${from4} ttl=64 id=5 offset=1480 | protocol 17 | [1480]`), [
    `${to6} hlim=63 | fragment id=5 offset=1480 mf | protocol 17 | [1232]`,
    `${to6} hlim=63 | fragment id=5 offset=2712 | protocol 17 | 0x${Buffer.from(Uint8Array.from({ length: 248 }, (_, i) => (i + 1232) & 255)).toString('hex')}`.replace(
      /0x.*/,
      '[248]',
    ),
  ]);
  t.regex(lines(`${from4} ttl=64 id=5 mf offset=1480 | protocol 17 | [1480]`)[1] ?? '', /offset=2712 mf/);
});

test('RFC 7915 5.1.1-FH: Fragment Headers become the low half of the id, offset and flag, never DF', (t) => {
  t.is(
    translated(`${from6} hlim=64 | fragment id=305419896 mf | UDP 1 > 2 length=99 sum=0x0001 | [1400]`),
    `${to4} ttl=63 id=22136 mf | UDP 1 > 2 length=99 sum=0x8010 | [1400]`,
  );
  t.is(translated(`${from6} hlim=64 | fragment id=9 offset=1448 | protocol 58 | [16]`), 'dropped-fragmented-icmp');
  t.is(
    translated(`${from6} hlim=64 | hop-by-hop 010400000000 | fragment id=9 offset=1448 | protocol 17 | [16]`),
    `${to4} ttl=63 id=9 offset=1448 | protocol 17 | [16]`,
  );
});

test('RFC 6946 5.1.1-ATOM: an atomic fragment is a whole packet, echo included', (t) => {
  t.is(translated(`${from6} hlim=64 | fragment id=9 | UDP 1 > 2 | "x"`), `${to4} ttl=63 id=9 | UDP 1 > 2 | "x"`);
  t.is(
    translated(`${from6} hlim=64 | fragment id=9 | ICMPv6 echo id=1 seq=2`),
    `${to4} ttl=63 id=9 | ICMPv4 echo id=1 seq=2`,
  );
});

test('RFC 7915 5.1.1-EXTAFTER 5.1.1-ESP: behind a Fragment Header no extension header is read, ESP is none', (t) => {
  for (const protocol of [0, 43, 51, 60]) {
    for (const fragment of ['fragment id=9 mf', 'fragment id=9 offset=8']) {
      const line = `${from6} | ${fragment} | protocol ${protocol} | [40]`;
      t.is(translated(line), 'refused-extension-in-fragment', fragment);
      t.is(translated(line, { icmpErrors: false }), 'dropped-extension-in-fragment', fragment);
    }
    const first = `${from6} hlim=64 | fragment id=9 mf | protocol ${protocol} | [40]`;
    const error = 'IPv6 2001:db8::fe > 2001:db8::9 hlim=64 | ICMPv6 unreachable/1 |';
    t.is(answered(first).slice(0, error.length), error);
  }
  t.is(
    translated(`${from6} hlim=64 | fragment id=9 mf | protocol 50 | [40]`),
    `${to4} ttl=63 id=9 mf | protocol 50 | [40]`,
  );
});

test('RFC 7915 5.1.1-V4FRAG: what IPv6 carries anywhere is fragmented for a smaller IPv4 link', (t) => {
  const lines = translated(`${from6} hlim=64 | UDP 1 > 2 | [1232]`, { mtu4: 1000 }).split('\n');
  t.is(lines.length, 2);
  t.regex(
    lines[0] ?? '',
    /^IPv4 10.170.160.9 > 172.21.112.1 ttl=63 mf \| UDP 1 > 2 length=1240 sum=0x.{4} \| \[968\]$/,
  );
  t.is(lines[1], `${to4} ttl=63 offset=976 | protocol 17 | [264]`);
});

test('ROBUST: a fragment that reaches past the longest packet is dropped', (t) => {
  t.is(translated(`${from4} offset=65528 | protocol 17 | [8]`), 'dropped-malformed');
  t.is(translated(`${from6} | fragment id=1 offset=65528 | protocol 17 | [8]`), 'dropped-malformed');
  t.not(translated(`${from4} offset=65528 | protocol 17 | "1234567"`), 'dropped-malformed');
});

test('ROBUST: what would become more pieces than there is room for is dropped', (t) => {
  t.is(translated(`${from6} | fragment id=1 mf | protocol 17 | [60000]`, { mtu4: 68 }), 'dropped-too-long');
  t.is(translated(`${from6} | fragment id=1 mf | protocol 17 | [65520]`), 'dropped-too-long');
  t.is(translated(`${from4} | protocol 17 | [65512]`).split('\n').length, 54);
});

test('RFC 7915 4.1-FRAG 5.1.1-V4FRAG: fragments of one packet cover it exactly once, and fit', (t) => {
  const length = fc.oneof(fc.integer({ min: 0, max: 65_500 }), fc.integer({ min: 1200, max: 2600 }));
  const property = fc.property(
    length,
    fc.integer({ min: 1280, max: 9000 }),
    fc.boolean(),
    fc.nat(100),
    (size, mtu, isSix, at) => {
      const own = isSix ? `${from6} hlim=64 | fragment id=3 offset=${at * 8}` : `${from4} id=3 offset=${at * 8}`;
      const line = `${own} | ${at === 0 ? 'UDP 1 > 2' : 'protocol 17'} | [${Math.max(1, size - at * 8)}]`;
      const { octets } = parsePacket(line);
      const { pieces } = bump(octets, undefined, { mtu6: 65_535, mtu4: isSix ? mtu : 65_535, lowestIpv6Mtu: mtu });
      const read = pieces.map(readPiece);
      for (const [index, piece] of read.entries()) {
        t.true(piece.length <= mtu && piece.length === (pieces[index]?.length ?? 0));
        t.is(piece.hasMore, index < read.length - 1);
        if (piece.hasMore) t.is(piece.octets.length % 8, 0);
      }
      const whole = reassemble(read.map((piece) => ({ ...piece, offset: piece.offset - at * 8 })));
      const given = [...octets.subarray(isSix ? 48 : 20)];
      // Of the transport header only the checksum may differ.
      const same = (values: readonly number[]): string =>
        values.map((v, i) => (at === 0 && (i === 6 || i === 7) ? 0 : v)).join();
      t.is(same(whole), same(given));
    },
  );
  fc.assert(property, { numRuns: 60 });
});
