import test from 'ava';
import fc from 'fast-check';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { offer, Reassembly } from './reassembly.ts';

const ICMPV4 = 1;
const ICMPV6 = 58;
const FRAGMENT = 44;

interface Fragment {
  readonly offset: number;
  readonly hasMore: boolean;
  readonly payload: Uint8Array;
}

function sum(octets: Uint8Array): number {
  let total = 0;
  for (let index = 0; index < octets.length; index += 2)
    total += ((octets[index] ?? 0) << 8) | (octets[index + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

function packetOf(octets: Uint8Array): PacketBuffer {
  const packet = new PacketBuffer();
  packet.bytes.set(octets, 10);
  packet.start = 10;
  packet.length = octets.length;
  return packet;
}

function ipv4({ offset, hasMore, payload }: Fragment, id = 7, protocol = ICMPV4): PacketBuffer {
  const octets = new Uint8Array(20 + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, 0x45000000 + octets.length);
  view.setUint16(4, id);
  view.setUint16(6, (hasMore ? 0x2000 : 0) | (offset / 8));
  view.setUint16(8, 0x4000 | protocol);
  view.setUint32(12, 0xac157001);
  view.setUint32(16, 0x0aaaa009);
  view.setUint16(10, ~sum(octets.subarray(0, 20)));
  octets.set(payload, 20);
  return packetOf(octets);
}

function ipv6({ offset, hasMore, payload }: Fragment, id = 7): PacketBuffer {
  const octets = new Uint8Array(48 + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, 0x60000000);
  view.setUint16(4, 8 + payload.length);
  view.setUint16(6, (FRAGMENT << 8) | 64);
  view.setUint32(8, 0x20010db8);
  view.setUint32(24, 0xfd000000);
  view.setUint8(40, ICMPV6);
  view.setUint16(42, offset | (hasMore ? 1 : 0));
  view.setUint32(44, id);
  octets.set(payload, 48);
  return packetOf(octets);
}

/** An echo request of `length` octets, cut after each multiple of 8 in `cuts`. */
function fragments(type: number, length: number, cuts: readonly number[]): Fragment[] {
  const whole = Uint8Array.from({ length }, (_, index) => (index === 0 ? type : index * 7));
  const places = [...new Set(cuts.map((cut) => cut * 8).filter((cut) => cut > 0 && cut < length))].sort(
    (a, b) => a - b,
  );
  return [0, ...places].map((offset, index) => {
    const end = places[index] ?? length;
    return { offset, hasMore: end < length, payload: whole.slice(offset, end) };
  });
}

function content(packet: PacketBuffer): Uint8Array {
  return packet.bytes.slice(packet.start, packet.start + packet.length);
}

const shape = fc.record({
  length: fc.oneof(fc.integer({ min: 9, max: 2000 }), fc.constant(65_008), fc.constant(65_515)),
  cuts: fc.array(fc.integer({ min: 1, max: 8191 }), { minLength: 1, maxLength: 12, size: 'max' }),
  seed: fc.infiniteStream(fc.nat()),
});

test('S3: fragments of an echo make the packet they were cut from, in whatever order they come', (t) => {
  fc.assert(
    fc.property(shape, fc.boolean(), ({ length, cuts, seed }, isIpv6) => {
      const parts = fragments(isIpv6 ? 128 : 8, length, [...cuts, 1]);
      const order = parts
        .map((part) => ({ part, key: Number(seed.next().value) }))
        .sort((a, b) => a.key - b.key)
        .map(({ part }) => part);
      const reassembly = new Reassembly();
      const outcomes = order.map((part) => reassembly.offer(isIpv6 ? ipv6(part) : ipv4(part), 1000));
      t.deepEqual(outcomes, [...new Array(parts.length - 1).fill(offer.KEPT), offer.WHOLE]);
      const octets = content(reassembly.packet);
      const view = new DataView(octets.buffer);
      const joined = Buffer.concat(parts.map(({ payload }) => payload));
      t.true(joined.equals(octets.subarray(isIpv6 ? 40 : 20)));
      if (isIpv6) {
        t.is(view.getUint16(4), length);
        t.is(view.getUint8(6), ICMPV6);
      } else {
        t.is(view.getUint16(2), 20 + length);
        t.is(view.getUint16(6), 0);
        t.is(sum(octets.subarray(0, 20)), 0xffff);
      }
      t.is(reassembly.waiting, 0);
    }),
    { numRuns: 40 },
  );
});

test('S3: an overlap, a second last fragment, or one past the end drops the datagram', (t) => {
  const bytes = (length: number, first = 8): Uint8Array => new Uint8Array(length).fill(first, 0, 1);
  const wrong: [string, Fragment[]][] = [
    [
      'overlap',
      [
        { offset: 0, hasMore: true, payload: bytes(24) },
        { offset: 16, hasMore: true, payload: bytes(16) },
      ],
    ],
    [
      'twice',
      [
        { offset: 0, hasMore: true, payload: bytes(24) },
        { offset: 0, hasMore: true, payload: bytes(24) },
      ],
    ],
    [
      'two ends',
      [
        { offset: 16, hasMore: false, payload: bytes(5) },
        { offset: 32, hasMore: false, payload: bytes(5) },
      ],
    ],
    [
      'past the end',
      [
        { offset: 16, hasMore: false, payload: bytes(5) },
        { offset: 24, hasMore: true, payload: bytes(8) },
      ],
    ],
    [
      'end before',
      [
        { offset: 64, hasMore: true, payload: bytes(8) },
        { offset: 16, hasMore: false, payload: bytes(5) },
      ],
    ],
    ['no unit', [{ offset: 0, hasMore: true, payload: bytes(9) }]],
    ['too long', [{ offset: 65_512, hasMore: false, payload: bytes(30) }]],
    [
      'no echo',
      [
        { offset: 0, hasMore: true, payload: bytes(8, 3) },
        { offset: 8, hasMore: false, payload: bytes(8) },
      ],
    ],
  ];
  for (const [name, parts] of wrong) {
    for (const build of [ipv4, ipv6]) {
      const reassembly = new Reassembly();
      const outcomes = parts.map((part) => reassembly.offer(build(part), 1000));
      t.is(outcomes.at(-1), offer.DROPPED, name);
      t.is(reassembly.waiting, 0, name);
    }
  }
});

test('S3: 16 datagrams at most, for 30 s each', (t) => {
  const reassembly = new Reassembly();
  const first = (id: number): PacketBuffer =>
    ipv4({ offset: 0, hasMore: true, payload: new Uint8Array(8).fill(8) }, id);
  const last = (id: number): PacketBuffer => ipv4({ offset: 8, hasMore: false, payload: new Uint8Array(8) }, id);
  for (let id = 0; id < 16; id++) t.is(reassembly.offer(first(id), 1000 + id), offer.KEPT);
  t.is(reassembly.waiting, 16);
  t.is(reassembly.offer(first(16), 1100), offer.KEPT);
  t.is(reassembly.waiting, 16);
  t.is(reassembly.offer(last(16), 1100), offer.WHOLE);
  t.is(reassembly.offer(last(15), 1100), offer.WHOLE);
  t.is(reassembly.offer(last(1), 1100), offer.WHOLE);
  t.is(reassembly.offer(last(0), 1100), offer.KEPT, 'its first fragment has gone');
  t.is(reassembly.waiting, 14);
  t.is(reassembly.offer(first(17), 31_101), offer.KEPT);
  t.is(reassembly.waiting, 1);
});

test('S3: 100,000 fragments of all kinds leave nothing behind', (t) => {
  const reassembly = new Reassembly();
  let now = 0;
  let most = 0;
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let count = 0; count < 100_000; count++) {
    now += random(20);
    const payload = new Uint8Array(8 * (1 + random(3)) + (random(8) === 0 ? random(8) : 0));
    const part = { offset: 8 * random(12), hasMore: random(4) !== 0, payload };
    const packet = random(2) === 0 ? ipv4(part, random(40)) : ipv6(part, random(40));
    packet.length -= random(16) === 0 ? random(packet.length) : 0;
    reassembly.offer(packet, now);
    most = Math.max(most, reassembly.waiting);
  }
  t.is(most, 16);
  const last = ipv4({ offset: 0, hasMore: true, payload: new Uint8Array(9) }, 99);
  t.is(reassembly.offer(last, now + 60_000), offer.DROPPED);
  t.is(reassembly.waiting, 0);
});

test('what is no fragment of ICMP is left alone', (t) => {
  const reassembly = new Reassembly();
  const whole = { offset: 0, hasMore: false, payload: new Uint8Array(64) };
  t.is(reassembly.offer(ipv4(whole), 0), offer.NOT_OURS);
  t.is(reassembly.offer(ipv6(whole), 0), offer.NOT_OURS);
  t.is(reassembly.offer(ipv4({ ...whole, hasMore: true }, 7, 17), 0), offer.NOT_OURS);
});
