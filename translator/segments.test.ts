/** Packets that are to be segmented, cut into their segments. */
import test from 'ava';
import fc from 'fast-check';
import { translated } from '../test/reference/bump.ts';
import { areChecksumsRight } from '../test/reference/checksum.ts';
import { gather } from '../test/reference/gathered.ts';
import { referenceSegments } from '../test/reference/segments.ts';
import { PacketBuffer } from './packet-buffer.ts';
import { formatPacket, parsePacket } from './packet-text.ts';
import { isUpToSegments, Segments } from './segments.ts';
import { verdict } from './verdict.ts';

const GUARD = 32;
const segments = new Segments();

/** The segments of a packet line; what is around the packet, or was in the buffer before, must not matter. */
function cut(line: string): Uint8Array[] {
  const [first, second] = [0xa5, 0x5a].map((fill) => cutOnce(line, fill));
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error(`${line} depends on what is around it`);
  return first ?? [];
}

function cutOnce(line: string, fill: number): Uint8Array[] {
  const { octets, offload } = parsePacket(line);
  const whole = new PacketBuffer(new Uint8Array(octets.length + 2 * GUARD).fill(fill));
  whole.bytes.set(octets, GUARD);
  whole.start = GUARD;
  whole.length = octets.length + GUARD;
  Object.assign(whole.offload, offload);
  const before = whole.bytes.slice();
  segments.packet.bytes.fill(fill);
  segments.begin(whole);
  const all: Uint8Array[] = [];
  while (segments.next()) {
    const { bytes, start, length } = segments.packet;
    all.push(bytes.slice(start, start + length));
  }
  gather(new Uint8Array(), all);
  if (Buffer.compare(before, whole.bytes) !== 0) throw new Error('The packet was changed');
  return all;
}

const lines = (line: string): string[] => cut(line).map((octets) => formatPacket(octets));

const from4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=64';
const from6 = 'IPv6 2001:db8::9 > fd00::ac15:7001 hlim=64';

test('a segment of TCP has its sequence number and its flags, and counts on in the identification', (t) => {
  t.deepEqual(
    lines(
      `${from4} tos=3 id=65535 df options=01010101 | TCP 1 > 2 FIN,PSH,ACK,CWR seq=4294967290 win=9 options=01010101 partial gso=4 | 0x00010203040506070809`,
    ),
    [
      `${from4} tos=3 id=65535 df options=01010101 | TCP 1 > 2 ACK,CWR seq=4294967290 win=9 options=01010101 | 0x00010203`,
      `${from4} tos=3 df options=01010101 | TCP 1 > 2 ACK seq=4294967294 win=9 options=01010101 | 0x04050607`,
      `${from4} tos=3 id=1 df options=01010101 | TCP 1 > 2 FIN,PSH,ACK seq=2 win=9 options=01010101 | 0x0809`,
    ],
  );
});

test('a segment of UDP is a datagram of its own', (t) => {
  t.deepEqual(
    lines(`${from6} class=3 flow=9 | hop-by-hop 010400000000 | UDP 1 > 2 partial gso=3 | 0x0001020304050607`),
    [
      `${from6} class=3 flow=9 | hop-by-hop 010400000000 | UDP 1 > 2 | 0x000102`,
      `${from6} class=3 flow=9 | hop-by-hop 010400000000 | UDP 1 > 2 | 0x030405`,
      `${from6} class=3 flow=9 | hop-by-hop 010400000000 | UDP 1 > 2 | 0x0607`,
    ],
  );
});

test('of one segment, or of none, the packet itself is left', (t) => {
  t.deepEqual(lines(`${from4} | TCP 1 > 2 FIN,PSH,CWR partial gso=1400 | "x"`), [
    `${from4} | TCP 1 > 2 FIN,PSH,CWR | "x"`,
  ]);
  t.deepEqual(lines(`${from4} | TCP 1 > 2 FIN partial gso=1400`), [`${from4} | TCP 1 > 2 FIN`]);
  t.deepEqual(lines(`${from6} | UDP 1 > 2 partial gso=1400`), [`${from6} | UDP 1 > 2`]);
});

test('what becomes of a packet is up to its segments when they do not fit', (t) => {
  const packet = new PacketBuffer();
  t.false(isUpToSegments(verdict['refused-packet-too-big'], packet));
  Object.assign(packet.offload, parsePacket(`${from4} | TCP 1 > 2 ACK partial gso=1 | "xx"`).offload);
  t.true(isUpToSegments(verdict['refused-packet-too-big'], packet));
  t.false(isUpToSegments(verdict['refused-time-exceeded'], packet));
  t.false(isUpToSegments(verdict.translated, packet));
});

test('RFC 7915 4.1-FRAG 4.1-DF 5.1-PTB 5.1.1-V4FRAG: which segments are not sent as one packet', (t) => {
  const tcp = (size: number): string => `TCP 1 > 2 ACK partial gso=${size} | [5000]`;
  const udp = (size: number): string => `UDP 1 > 2 partial gso=${size} | [5000]`;
  const refused = 'refused-packet-too-big';
  const rows: [string, object, boolean][] = [
    [`${from4} | ${tcp(1220)}`, {}, false],
    [`${from4} | ${tcp(1221)}`, {}, true],
    [`${from4} df | ${tcp(1221)}`, {}, false],
    [`${from4} df | ${tcp(1440)}`, {}, false],
    [`${from4} df | ${tcp(1441)}`, {}, true],
    [`${from4} | ${tcp(1240)}`, { lowestIpv6Mtu: 1300 }, false],
    [`${from4} | ${tcp(1241)}`, { lowestIpv6Mtu: 1300 }, true],
    // DF of datagrams says nothing: the kernel leaves it off.
    [`${from4} | ${udp(1452)}`, {}, false],
    [`${from4} | ${udp(1453)}`, {}, true],
    [`${from6} | ${tcp(1220)}`, { mtu4: 1260 }, false],
    [`${from6} | ${tcp(1220)}`, { mtu4: 1259 }, true],
    [`${from6} | ${udp(600)}`, { mtu4: 628 }, false],
    [`${from6} | ${udp(601)}`, { mtu4: 628 }, true],
  ];
  for (const [line, path, isUp] of rows)
    t.is(translated(line, path) === refused, isUp, `${line} ${JSON.stringify(path)}`);
});

const flags = fc.subarray(['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR']).map((set) => set.join());
const large = fc.nat(2 ** 32 - 1);
const layers = fc.oneof(
  fc
    .record({ flags, seq: large, options: fc.constantFrom('', ' options=0101080a0102030405060708') })
    .map(({ flags: set, seq, options }) => `TCP 40000 > 80 ${set} seq=${seq} ack=7 urg=3${options}`),
  fc.constant('UDP 40000 > 80'),
);
const heads = fc.oneof(
  fc
    .tuple(fc.nat(65_535), fc.constantFrom('', ' df', ' df options=830708c000020100'))
    .map(([id, more]) => `${from4} id=${id}${more}`),
  fc
    .constantFrom('', ' | hop-by-hop 010400000000', ' | routing 000000000000 | destination 010400000000')
    .map((more) => `${from6}${more}`),
);

test('RFC 7915 4.5-TCP 4.5-UDP: segments are those that are cut by hand, and their checksums are right', (t) => {
  const property = fc.property(
    heads,
    layers,
    fc.nat(3000),
    fc.integer({ min: 1, max: 1500 }),
    (head, layer, length, size) => {
      const isTcp = layer.startsWith('TCP');
      const line = `${head} | ${layer} partial gso=${size} | [${length}]`;
      const { octets, offload } = parsePacket(line);
      const all = cut(line);
      t.deepEqual(
        all.map((one) => [...one]),
        referenceSegments([...octets], offload.checksumStart, isTcp ? 6 : 17, size) as number[][],
        line,
      );
      const headers = octets.length - length;
      t.deepEqual(Buffer.concat(all.map((one) => one.subarray(headers))), Buffer.from(octets.subarray(headers)));
      if (!head.includes('|')) t.true(all.every(areChecksumsRight), line);
    },
  );
  fc.assert(property, { numRuns: 300 });
});
