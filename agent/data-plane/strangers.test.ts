/** Strangers at the pump: what waits for the main thread, for how much of it there is room, and in which order it goes on. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { formatIpv6, type Ipv6Address } from '../../mapper/address/ipv6.ts';
import { parsePacket } from '../../translator/packet-text.ts';
import { from6, MONDAY, type PumpScene, pumpScene, strangersOf, to4 } from './fixture/pump-scene.ts';
import { createRequests, MOST_QUESTIONS, StrangerAnswers } from './stranger-requests.ts';
import { MOST_OCTETS, MOST_PACKETS, MOST_PACKETS_OF_ONE } from './strangers.ts';

const SELF = 'fd00::ac15:7001';

interface StrangerScene extends PumpScene {
  /** Every address that was asked about, in order. */
  readonly asked: string[];
  /** Waits for the answers to all questions, if there are any, and lets what waited go on. Returns the lines of what comes out. */
  answer(now?: number): Promise<string[]>;
}

/** A pump whose main thread gives 10.170.160.17 and so on to strangers, if `mayHave` says so. */
function strangerScene(t: ExecutionContext, mayHave: (address: Ipv6Address) => boolean = () => true): StrangerScene {
  const memory = createRequests();
  const answers = new StrangerAnswers(memory);
  const scene = pumpScene({ strangers: strangersOf(memory) });
  const writer = scene.table.writer();
  const asked: string[] = [];
  let position = 16;
  let isTold = false;
  answers.open(true);
  t.teardown(() => answers.end());
  void answers.serve(
    (address) => {
      asked.push(formatIpv6(address));
      if (mayHave(address)) writer.publish(++position, address);
    },
    () => {
      isTold = true;
    },
  );
  return {
    ...scene,
    asked,
    async answer(now = MONDAY) {
      for (let turn = 0; turn < 100 && !isTold; turn++) await nextTurn();
      isTold = false;
      scene.pump.resume(now);
      return scene.through([]);
    },
  };
}

/** A packet of stranger number `stranger`. */
const packet = (stranger: number, layers = 'UDP 1 > 2'): string =>
  `IPv6 2001:db8:1::${stranger.toString(16)} > ${SELF} hlim=64 | ${layers}`;

const translated = (address: number, layers = 'UDP 1 > 2'): string =>
  `IPv4 10.170.160.${address} > 172.21.112.1 ttl=63 | ${layers}`;

/** What stands behind an identification that nobody has to foresee. */
const withoutId = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/ id=\d+/, ''));

const dropped = ({ sixToFour }: PumpScene): number => sixToFour().verdicts['dropped-stranger'] ?? 0;

test('M7, RFC 7915 MAP-64, RFC 6535 6535-IN: a stranger’s packets wait for a mapping, and go on in their order', async (t) => {
  const scene = strangerScene(t);
  t.deepEqual(scene.through([packet(1, 'UDP 1 > 2'), packet(2), packet(1, 'UDP 1 > 3')]), []);
  t.deepEqual(scene.sixToFour().verdicts, {}, 'a packet that waits is none yet');
  t.deepEqual(withoutId(await scene.answer()), [translated(17), translated(18), translated(17, 'UDP 1 > 3')]);
  t.deepEqual(scene.asked, ['2001:db8:1::1', '2001:db8:1::2'], 'each was asked about once');
  t.deepEqual(withoutId(scene.through(packet(2))), [translated(18)]);
  t.deepEqual(scene.sixToFour().verdicts, { translated: 4 });
});

test('what others send passes while strangers wait', async (t) => {
  const scene = strangerScene(t);
  scene.through(packet(1));
  t.deepEqual(withoutId(scene.through(`${from6} hlim=64 | UDP 1 > 2`)), [`${to4} ttl=63 | UDP 1 > 2`]);
  t.is((await scene.answer()).length, 1);
});

test('no packet of a stranger overtakes those that wait, published mapping or not', async (t) => {
  const scene = strangerScene(t);
  scene.through(packet(1, 'UDP 1 > 2'));
  // As if the main thread had published, and not told yet.
  scene.table.writer().publish(99, parsedSource(packet(1)));
  t.deepEqual(scene.through(packet(1, 'UDP 1 > 3')), []);
  const ports = (await scene.answer()).map((line) => /> (\d+)$/.exec(line)?.[1]);
  t.deepEqual(ports, ['2', '3']);
});

test('M12: what the main thread gives no mapping is dropped and counted, and may ask again', async (t) => {
  const scene = strangerScene(t, ({ w3 }) => w3 !== 1);
  scene.through([packet(1), packet(2), packet(1)]);
  t.deepEqual(withoutId(await scene.answer()), [translated(17)]);
  t.is(dropped(scene), 2);
  scene.through(packet(1));
  await scene.answer();
  t.deepEqual(scene.asked, ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::1']);
  t.is(dropped(scene), 3);
});

test('nobody is asked about until strangers are let in', (t) => {
  const scene = pumpScene();
  t.deepEqual(scene.through(packet(1)), []);
  t.is(dropped(scene), 1);
});

test('S1: only TCP and UDP make mappings; errors have a source without one, and an echo has none', async (t) => {
  const scene = strangerScene(t);
  scene.through([
    packet(1, 'ICMPv6 echo id=1 seq=1'),
    packet(2, 'protocol 47 | 0x00000000'),
    packet(3, 'fragment id=1 offset=8 | protocol 58 | [8]'),
    `IPv6 fe80::1 > ${SELF} | UDP 1 > 2`,
    `IPv6 ::1 > ${SELF} | UDP 1 > 2`,
    `IPv6 fd00::7 > ${SELF} | UDP 1 > 2`,
  ]);
  scene.through(packet(4, 'fragment id=1 offset=8 | protocol 17 | [8]'));
  await scene.answer();
  t.deepEqual(scene.asked, ['2001:db8:1::4']);
});

test('what is parked is bounded: of one stranger, of all, in questions and in octets', async (t) => {
  const one = strangerScene(t);
  one.through(Array.from({ length: MOST_PACKETS_OF_ONE + 3 }, () => packet(1)));
  t.is(dropped(one), 3);
  t.is((await one.answer()).length, MOST_PACKETS_OF_ONE);
  t.is(one.through(packet(1)).length, 1, 'and then there is room again');

  const many = strangerScene(t);
  many.through(Array.from({ length: MOST_QUESTIONS + 3 }, (_, number) => packet(number + 1)));
  t.is(dropped(many), 3);
  t.is((await many.answer()).length, MOST_QUESTIONS);

  const crowd = strangerScene(t);
  crowd.through(Array.from({ length: MOST_PACKETS + 3 }, (_, number) => packet((number % 32) + 1)));
  t.is(dropped(crowd), 3);
  t.is((await crowd.answer()).length, MOST_PACKETS);

  const heavy = strangerScene(t);
  const size = 60_000;
  heavy.through(Array.from({ length: 30 }, () => packet(1, `UDP 1 > 2 | [${size - 48}]`)));
  const fitting = Math.floor(MOST_OCTETS / size);
  t.is(dropped(heavy), 30 - fitting);
  t.is((await heavy.answer()).length, fitting);
});

test('a packet goes on as it came: every octet, and what the device has left to do', async (t) => {
  const scene = strangerScene(t);
  const layers = 'TCP 1 > 2 ACK partial gso=1400 headers=74';
  scene.through([packet(1, 'UDP 1 > 2 | "before"'), packet(1, `${layers} | "${'payload '.repeat(5)}"`)]);
  const [, second] = await scene.answer();
  t.is(second, translated(17, `${layers.replace('74', '54')} | "${'payload '.repeat(5)}"`));
});

test('M15: the questions of a flood are limited in number, whatever the main thread says', async (t) => {
  const scene = strangerScene(t, () => false);
  let milliseconds = 0;
  for (let round = 0; round < 100; round++) {
    scene.through(
      Array.from({ length: MOST_QUESTIONS }, (_, number) => packet(round * MOST_QUESTIONS + number + 1)),
      MONDAY + milliseconds,
    );
    milliseconds += 10;
    await scene.answer(MONDAY + milliseconds);
  }
  t.true(scene.asked.length > 900 && scene.asked.length <= 1000, `${scene.asked.length} questions in a second`);
});

/** The source of a packet line. */
function parsedSource(line: string): Ipv6Address {
  const view = new DataView(parsePacket(line).octets.buffer);
  return { w0: view.getInt32(8), w1: view.getInt32(12), w2: view.getInt32(16), w3: view.getInt32(20) };
}
