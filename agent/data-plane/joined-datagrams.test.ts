/** Joining and what it must not change: cut by hand, joined datagrams are those that came, octet for octet. */
import test from 'ava';
import fc from 'fast-check';
import { areChecksumsRight } from '../../test/reference/checksum.ts';
import { gather } from '../../test/reference/gathered.ts';
import { referenceSegments } from '../../test/reference/segments.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { gso, PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacket, parsePacket } from '../../translator/packet-text.ts';
import { createCounters, direction, readCounters } from './counters.ts';
import { JoiningTun } from './tun-joining.ts';
import { MemoryTun, type WholePacket } from './tun-memory.ts';

const v4 = 'IPv4 10.170.160.9 > 172.21.112.1 ttl=63';
const v6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=63';

/** A packet as a translator leaves it: headers in one buffer, payload in another. */
function pieceOf({ octets, offload }: WholePacket): { out: HeaderBuffer; packet: PacketBuffer } {
  const [out, packet] = [new HeaderBuffer(), new PacketBuffer()];
  const headers = Math.min(octets.length, (octets[0] ?? 0) >> 4 === 4 ? 28 : 48);
  out.count = 1;
  out.bytes.set(octets.subarray(0, headers), out.headerStart[0]);
  out.headerLength[0] = headers;
  out.payloadStart[0] = 77;
  out.payloadLength[0] = octets.length - headers;
  packet.bytes.set(octets.subarray(headers), 77);
  Object.assign(out.offload, offload);
  return { out, packet };
}

/** What a device behind gets of packets that are written one after the other, when some other was written before. */
function written(
  packets: readonly WholePacket[],
  device = new MemoryTun(),
  counters = createCounters(),
): WholePacket[] {
  const joining = new JoiningTun(device, counters);
  const first = pieceOf(parsePacket(`${v4} | protocol 1 | [8]`));
  joining.write(first.out, 0, first.packet);
  const all = packets.map(pieceOf).map(({ out, packet }) => joining.write(out, 0, packet));
  if (all.includes(false)) throw new Error('It was not taken');
  joining.flush();
  return device.written.splice(0).slice(1);
}

const lines = (...from: string[]): string[] =>
  written(from.map(parsePacket)).map(({ octets, offload }) => formatPacket(octets, offload));

/** Packets with nothing left to do, as they leave the last kernel. */
function finished(packets: readonly WholePacket[]): Uint8Array[] {
  return packets.flatMap(({ octets, offload }) => {
    const { needsChecksum, gsoType, gsoSize, checksumStart } = offload;
    if (!needsChecksum) return [octets];
    const size = gsoType === gso.NONE ? octets.length : gsoSize;
    return referenceSegments([...octets], checksumStart, 17, size).map((segment) => new Uint8Array(segment));
  });
}

test('datagrams of one flow become one packet, the last may be shorter', (t) => {
  const udp = 'UDP 40000 > 53 partial';
  t.deepEqual(lines(`${v6} | ${udp} | 0x0001`, `${v6} | ${udp} | 0x0203`, `${v6} | ${udp} | 0x04`), [
    `${v6} | ${udp} gso=2 | 0x0001020304`,
  ]);
  t.deepEqual(lines(`${v4} id=65535 | ${udp} | 0x0001`, `${v4} | ${udp} | 0x0203`, `${v4} id=1 | ${udp} | 0x04`), [
    `${v4} id=65535 | ${udp} gso=2 | 0x0001020304`,
  ]);
  t.deepEqual(lines(`${v4} df | ${udp} | 0x0001`, `${v4} df | ${udp} | 0x0203`), [
    `${v4} df | ${udp} gso=2 | 0x00010203`,
  ]);
});

test('checksums that are right already are written anew by who cuts, wrong ones stay', (t) => {
  const one = `${v6} class=3 flow=9 | UDP 1 > 2 | 0x0001`;
  t.deepEqual(lines(one, one, one), [`${v6} class=3 flow=9 | UDP 1 > 2 partial gso=2 | 0x000100010001`]);
  const wrong = `${v6} class=3 flow=9 | UDP 1 > 2 bad+0x0001 | 0x0001`;
  t.deepEqual(lines(one, wrong, one), [one, wrong, one]);
});

test('what is alone stays as it was', (t) => {
  for (const line of [`${v4} id=7 | UDP 1 > 2 | [1400]`, `${v6} | UDP 1 > 2 partial | "x"`]) {
    t.deepEqual(lines(line), [line]);
  }
});

const joins = (a: string, b: string): boolean => lines(a, b).length === 1;

test('only what is the same on its way is joined', (t) => {
  const rows: [string, string, string][] = [
    ['more octets', `${v6} | UDP 1 > 2 | [10]`, `${v6} | UDP 1 > 2 | [11]`],
    ['another port', `${v6} | UDP 1 > 2 | [10]`, `${v6} | UDP 1 > 3 | [10]`],
    ['another source', `${v6} | UDP 1 > 2 | [10]`, `${v6.replace('7001', '7002')} | UDP 1 > 2 | [10]`],
    ['another destination', `${v6} | UDP 1 > 2 | [10]`, `${v6.replace('::9', '::a')} | UDP 1 > 2 | [10]`],
    ['traffic class', `${v6} | UDP 1 > 2 | [10]`, `${v6} class=1 | UDP 1 > 2 | [10]`],
    ['flow label', `${v6} | UDP 1 > 2 | [10]`, `${v6} flow=1 | UDP 1 > 2 | [10]`],
    ['hop limit', `${v6} | UDP 1 > 2 | [10]`, `${v6.replace('63', '62')} | UDP 1 > 2 | [10]`],
    ['type of service', `${v4} | UDP 1 > 2 | [10]`, `${v4} tos=1 id=1 | UDP 1 > 2 | [10]`],
    ['time to live', `${v4} | UDP 1 > 2 | [10]`, `${v4.replace('63', '62')} id=1 | UDP 1 > 2 | [10]`],
    ['DF', `${v4} | UDP 1 > 2 | [10]`, `${v4} df id=1 | UDP 1 > 2 | [10]`],
    ['the same identification', `${v4} id=7 | UDP 1 > 2 | [10]`, `${v4} id=7 | UDP 1 > 2 | [10]`],
    ['an identification between', `${v4} id=7 | UDP 1 > 2 | [10]`, `${v4} id=9 | UDP 1 > 2 | [10]`],
    ['another family', `${v4} | UDP 1 > 2 | [10]`, `${v6} | UDP 1 > 2 | [10]`],
    ['no checksum', `${v4} | UDP 1 > 2 no-sum | [10]`, `${v4} id=1 | UDP 1 > 2 no-sum | [10]`],
    ['nothing in them', `${v6} | UDP 1 > 2`, `${v6} | UDP 1 > 2`],
    ['fragments', `${v4} mf id=1 | UDP 1 > 2 | [16]`, `${v4} mf id=2 | UDP 1 > 2 | [16]`],
    ['segments', `${v6} | UDP 1 > 2 partial gso=8 | [16]`, `${v6} | UDP 1 > 2 partial gso=8 | [16]`],
    ['TCP', `${v6} | TCP 1 > 2 ACK | [10]`, `${v6} | TCP 1 > 2 ACK | [10]`],
    ['UDP that is shorter', `${v6} | UDP 1 > 2 length=9 | [10]`, `${v6} | UDP 1 > 2 length=9 | [10]`],
    ['a wrong sum', `${v6} | UDP 1 > 2 partial | [10]`, `${v6} | UDP 1 > 2 partial sum=0x0001 | [10]`],
  ];
  for (const [what, a, b] of rows) t.false(joins(a, b), what);
});

test('behind a shorter one, the 64th, or 65,535 octets a new packet begins', (t) => {
  const one = (length: number): string => `${v6} | UDP 1 > 2 partial | [${length}]`;
  t.is(lines(one(10), one(9), one(9)).length, 2);
  const sizes = (count: number, length: number): number[] =>
    written(Array.from({ length: count }, () => parsePacket(one(length)))).map(({ octets }) => octets.length);
  t.deepEqual(sizes(130, 10), [48 + 640, 48 + 640, 48 + 20]);
  t.deepEqual(sizes(50, 1452), [48 + 45 * 1452, 48 + 5 * 1452]);
  t.true(48 + 46 * 1452 > 65_535);
});

test('the first since a flush goes at once, and so does what is not joined, in order', (t) => {
  const device = new MemoryTun();
  const joining = new JoiningTun(device, createCounters());
  const write = (line: string): number => {
    const { out, packet } = pieceOf(parsePacket(line));
    joining.write(out, 0, packet);
    return device.written.length;
  };
  t.is(write(`${v6} | UDP 1 > 2 | "1"`), 1);
  t.is(write(`${v6} | UDP 1 > 2 | "2"`), 1);
  t.is(write(`${v6} | UDP 1 > 2 | "3"`), 1);
  t.is(write(`${v6} | TCP 1 > 2 ACK`), 3);
  t.is(write(`${v6} | UDP 1 > 2 | "4"`), 3);
  joining.flush();
  t.is(device.written.length, 4);
  t.is(write(`${v6} | UDP 1 > 2 | "5"`), 5);
});

test('all that a device does not take is counted, for the direction it had', (t) => {
  for (const [line, way] of [
    [v6, direction.FOUR_TO_SIX],
    [`${v4} df`, direction.SIX_TO_FOUR],
  ] as const) {
    const device = new MemoryTun();
    device.isFull = true;
    const counters = createCounters();
    written(new Array(3).fill(parsePacket(`${line} | UDP 1 > 2 | [9]`)), device, counters);
    t.like(readCounters([counters], way), { verdicts: { 'device-refused': 3 } });
  }
});

/** Datagrams of a few flows, most of them like the one before. */
const datagram = fc
  .record({
    head: fc.constantFrom(v6, v6, `${v6} class=2`, v4, `${v4} df`),
    port: fc.constantFrom(1, 1, 1, 9),
    length: fc.constantFrom(0, 1, 2, 7, 100, 100, 100, 100, 1400),
    sum: fc.constantFrom(' partial', ' partial', '', '', ' bad+0x0100', ' no-sum', ' partial sum=0x0001'),
    fill: fc.nat(255),
  })
  .map(({ head, port, length, sum, fill }) => {
    const payload = Buffer.alloc(length, fill).map((octet, index) => (octet + index * 31) & 255);
    return {
      head,
      layers: `UDP ${port} > 2${sum}${length === 0 ? '' : ` | 0x${Buffer.from(payload).toString('hex')}`}`,
    };
  });
const burst = fc.tuple(datagram, fc.integer({ min: 1, max: 80 })).map(([one, count]) => new Array(count).fill(one));
const bursts = fc.array(fc.oneof(burst, fc.array(datagram, { maxLength: 10 })), { maxLength: 6 });

/** A packet without its identification, if nobody may read anything in it (RFC 6864 §4.1). */
function anonymous(octets: Uint8Array): string {
  const isAtomic = (octets[0] ?? 0) >> 4 === 4 && ((octets[6] ?? 0) & 0x40) !== 0;
  return Buffer.from(octets)
    .fill(0, ...(isAtomic ? [4, 6] : [0, 0]))
    .fill(0, ...(isAtomic ? [10, 12] : [0, 0]))
    .toString('hex');
}

test('ROBUST: joined datagrams that are cut again are those that came, in order, with the same checksums', (t) => {
  let joined = 0;
  const property = fc.property(bursts, fc.constantFrom(0, 1, 2), (all, step) => {
    let id = 65_500;
    const packets = all.flat().map(({ head, layers }) => {
      if (head === v4) id = (id + step) % 65_536;
      return parsePacket(`${head}${head === v4 ? ` id=${id}` : ''} | ${layers}`);
    });
    const sent = written(packets);
    const [came, left] = [finished(packets), finished(sent)];
    t.deepEqual(left.map(anonymous), came.map(anonymous));
    gather(new Uint8Array(), left.filter(areChecksumsRight));
    joined += packets.length - sent.length;
  });
  fc.assert(property, { numRuns: 300 });
  t.true(joined > 1000, `${joined}`);
});
