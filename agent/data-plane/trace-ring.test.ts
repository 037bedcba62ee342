import test from 'ava';
import { formatPacket } from '../../translator/packet-text.ts';
import { verdict, verdicts } from '../../translator/verdict.ts';
import { direction } from './counters.ts';
import { from4, from6, MONDAY, pumpScene, to4, to6 } from './fixture/pump-scene.ts';
import { createTraceRing, type TracedPacket, TraceReader, TraceWriter } from './trace-ring.ts';

/** A pump and both ends of its ring. */
function tracedScene() {
  const ring = createTraceRing();
  return { ...pumpScene({ trace: new TraceWriter(ring) }), reader: new TraceReader(ring) };
}

const lines = ({ packet, offload, verdict: number, sent, sentOffload }: TracedPacket): string[] => [
  formatPacket(packet, offload),
  verdicts[number] ?? '',
  ...sent.map((octets) => formatPacket(octets, sentOffload)),
];

test('nothing is left while nobody watches, and everything when somebody does', (t) => {
  const { through, reader } = tracedScene();
  const there = `${from4} ttl=64 df | UDP 40000 > 53 | "hello"`;
  const back = `${from6} hlim=64 | UDP 53 > 40000 | "hello"`;
  through([there, back]);
  t.deepEqual(reader.take(9), []);
  reader.turn(true);
  through([there, back]);
  const taken = reader.take(9);
  t.deepEqual(taken.map(lines), [
    [there, 'translated', `${to6} hlim=63 | UDP 40000 > 53 | "hello"`],
    [back, 'translated', `${to4} ttl=63 id=1 | UDP 53 > 40000 | "hello"`],
  ]);
  t.deepEqual(
    taken.map(({ time, way }) => [time, way]),
    [
      [MONDAY, direction.FOUR_TO_SIX],
      [MONDAY, direction.SIX_TO_FOUR],
    ],
  );
  reader.turn(false);
  through(there);
  t.deepEqual(reader.take(9), []);
});

test('what is dropped, what is cut in pieces, and work left to the device', (t) => {
  const { through, reader } = tracedScene();
  reader.turn(true);
  through(`${from4} ttl=64 | UDP 40000 > 53 | [4000]`);
  through('IPv4 172.21.112.1 > 10.170.160.77 ttl=64 | UDP 1 > 2');
  through(`${from4} ttl=64 df | TCP 1 > 2 ACK partial gso=1000 | [3000]`);
  const [cut, lost, large] = reader.take(9).map(lines);
  t.is(cut?.length, 2 + 4);
  t.regex(cut?.[2] ?? '', /\| fragment id=0 mf \|/);
  t.deepEqual(lost?.slice(1), ['refused-no-mapping']);
  t.regex(large?.[0] ?? '', / partial gso=1000 /);
  t.regex(large?.[2] ?? '', /^IPv6 .* partial gso=1000 /);
});

test('over the room there is, packets are counted and lost; the others are whole, however often the ring goes round', (t) => {
  const { through, reader } = tracedScene();
  reader.turn(true);
  const packet = (size: number) => `${from4} ttl=64 df | UDP 40000 > 53 | [${size}]`;
  const sizes = Array.from({ length: 700 }, (_, index) => 1000 + ((index * 7919) % 200));
  for (let round = 0; round < 6; round++) {
    for (const size of sizes) through(packet(size));
    const expected = sizes.map(packet);
    t.deepEqual(
      reader.take(10_000).map(({ packet: octets }) => formatPacket(octets)),
      expected,
    );
    t.is(reader.takeLost(), 0);
  }
  for (let count = 0; count < 5; count++) for (const size of sizes) through(packet(size));
  const taken = reader.take(10_000).length;
  t.is(taken + reader.takeLost(), 5 * sizes.length);
  t.true(taken > 1500 && taken < 5 * sizes.length);
  through(packet(1));
  t.is(reader.take(9)[0]?.verdict, verdict.translated);
});
