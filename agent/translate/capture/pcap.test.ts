/** Reading and writing captures: round trips, every order of octets and resolution, and damage. */
import test from 'ava';
import fc from 'fast-check';
import { CaptureError, linkType } from './format.ts';
import { linkLayer } from './link-layer.ts';
import { PcapReader } from './pcap-reader.ts';
import { PcapWriter } from './pcap-writer.ts';

interface Written {
  seconds: number;
  fraction: number;
  packet: number[];
}

/** A reader of octets that come at most `size` at a time. */
function reader(octets: Uint8Array, size = octets.length): PcapReader {
  let at = 0;
  return new PcapReader((into) => {
    const length = Math.min(size, octets.length - at, into.length);
    into.set(octets.subarray(at, at + length));
    at += length;
    return length;
  });
}

function readAll(from: PcapReader): Written[] {
  const all: Written[] = [];
  while (from.next()) {
    const { seconds, fraction, start, length } = from;
    all.push({ seconds, fraction, packet: [...from.bytes.subarray(start, start + length)] });
  }
  return all;
}

/** A capture written word by word. */
function capture(isLittleEndian: boolean, first: number, link: number, packets: readonly number[][]): Uint8Array {
  const words: [number, 2 | 4][] = [
    [first, 4],
    [2, 2],
    [4, 2],
    [0, 4],
    [0, 4],
    [65_535, 4],
    [link, 4],
  ];
  const octets: number[] = [];
  const put = (value: number, size: number): void => {
    const big = Array.from({ length: size }, (_, index) => (value >>> (8 * (size - 1 - index))) & 255);
    octets.push(...(isLittleEndian ? big.reverse() : big));
  };
  for (const [value, size] of words) put(value, size);
  for (const [index, packet] of packets.entries()) {
    for (const word of [1_700_000_000 + index, index, packet.length, packet.length]) put(word, 4);
    octets.push(...packet);
  }
  return Uint8Array.from(octets);
}

const word32 = fc.integer({ min: 0, max: 0xffffffff });
const record = fc.record({
  seconds: word32,
  fraction: word32,
  packet: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60, size: 'max' }),
});

test('what was written is read', (t) => {
  fc.assert(
    fc.property(fc.array(record), fc.boolean(), fc.integer({ min: 1, max: 200 }), (records, isNanosecond, size) => {
      const octets: number[] = [];
      const writer = new PcapWriter((part) => octets.push(...part), isNanosecond);
      for (const { seconds, fraction, packet } of records) writer.add(seconds, fraction, Uint8Array.from(packet));
      writer.flush();
      const from = reader(Uint8Array.from(octets), size);
      t.is(from.linkType, linkType.RAW);
      t.is(from.isNanosecond, isNanosecond);
      t.deepEqual(readAll(from), records);
      t.is(from.count, records.length);
    }),
  );
});

test('more is written than the writer holds', (t) => {
  const parts: Uint8Array[] = [];
  const writer = new PcapWriter((part) => parts.push(part.slice()), false);
  const packet = new Uint8Array(65_575).fill(0x60);
  for (let count = 0; count < 20; count++) writer.add(count, 0, packet);
  writer.flush();
  t.true(parts.length > 4);
  const from = reader(Buffer.concat(parts), 10_000);
  for (let count = 0; count < 20; count++) {
    t.true(from.next());
    t.is(from.length, packet.length);
    t.is(from.seconds, count);
  }
  t.false(from.next());
});

test('both orders of octets and both resolutions are understood', (t) => {
  for (const isLittleEndian of [true, false]) {
    for (const [first, isNanosecond] of [
      [0xa1b2c3d4, false],
      [0xa1b23c4d, true],
    ] as const) {
      const from = reader(capture(isLittleEndian, first, 228, [[0x45, 1], [], [0x45, 2, 3]]));
      t.is(from.isNanosecond, isNanosecond);
      t.is(from.linkType, 228);
      t.deepEqual(readAll(from), [
        { seconds: 1_700_000_000, fraction: 0, packet: [0x45, 1] },
        { seconds: 1_700_000_001, fraction: 1, packet: [] },
        { seconds: 1_700_000_002, fraction: 2, packet: [0x45, 2, 3] },
      ]);
    }
  }
});

test('a file that is damaged, or no capture, is said to be', (t) => {
  const good = capture(true, 0xa1b2c3d4, 101, [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]);
  const rows: [Uint8Array, string | RegExp][] = [
    [good.subarray(0, 0), 'it is too short to be a capture'],
    [good.subarray(0, 23), 'it is too short to be a capture'],
    [good.subarray(0, 30), 'it ends in the header of record 1'],
    [good.subarray(0, 43), 'it ends in record 1'],
    [good.subarray(0, good.length - 1), 'it ends in record 2'],
    [Uint8Array.from({ length: 40 }, (_, index) => index), 'it is no capture: it does not begin like one'],
    [capture(true, 0x0a0d0d0a, 0, []), /^it is a pcapng file; `editcap/],
    [good.with(4, 1), 'it has version 1 of the format, not 2'],
    [good.with(35, 0xff), /^record 1 claims 4278190084 octets; the file is damaged$/],
  ];
  for (const [octets, message] of rows) t.throws(() => readAll(reader(octets)), { instanceOf: CaptureError, message });
  t.is(readAll(reader(good)).length, 2);
});

test('the packet is found behind the header of its link', (t) => {
  const macs = new Array<number>(12).fill(0xee);
  const rows: [number, number[], number | string][] = [
    [linkType.RAW, [0x45], 0],
    [linkType.IPV4, [0x45], 0],
    [12, [0x45], 0],
    [14, [0x60], 0],
    [linkType.IPV6, [], 0],
    [linkType.ETHERNET, [...macs, 0x08, 0x00, 0x45], 14],
    [linkType.ETHERNET, [...macs, 0x86, 0xdd, 0x60], 14],
    [linkType.ETHERNET, [...macs, 0x81, 0x00, 0x00, 0x07, 0x86, 0xdd, 0x60], 18],
    [linkType.ETHERNET, [...macs, 0x88, 0xa8, 0x00, 0x07, 0x08, 0x00, 0x45], 18],
    [linkType.ETHERNET, [...macs, 0x81, 0x00, 0x00, 0x07, 0x81, 0x00, 0, 1, 8, 0], 'no IP, type 0x8100'],
    [linkType.ETHERNET, [...macs, 0x08, 0x06, 0], 'no IP, type 0x0806'],
    [linkType.ETHERNET, [...macs, 0x08], 'no frame, too short'],
    [linkType.ETHERNET, [...macs, 0x81, 0x00, 0x00], 'no frame, too short'],
  ];
  for (const [type, octets, expected] of rows) {
    const around = Uint8Array.from([0xa5, 0xa5, ...octets, 0x08, 0x00]);
    t.is(linkLayer(type)(around, 2, octets.length), expected);
  }
  t.throws(() => linkLayer(113), {
    instanceOf: CaptureError,
    message: /^its link type is 113; Ethernet \(1\) and raw IP/,
  });
});
