import test from 'ava';
import { newCounters } from './counters.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { arrived } from './fixture/surroundings.ts';
import { type AskedWith, question } from './fixture/zone-line.ts';
import { mergeEqual } from './merge-equal.ts';
import type { Arrival } from './question.ts';
import type { Upstream } from './upstream/upstream.ts';

const ours: readonly Upstream[] = [{ address: '192.0.2.53', port: 53 }];

/** A handler with everything it needs; its questions wait below until `finish`. */
function scene() {
  const clock = new ManualClock();
  const counters = newCounters();
  const handler = mergeEqual(clock, counters);
  const below: ((answer: Uint8Array | undefined) => void)[] = [];
  const ask = (text: string, asked: AskedWith = {}, arrival: Partial<Arrival> = {}) =>
    handler(arrived(question(text, asked), { upstreams: ours, ...arrival }), () => {
      return new Promise((resolve) => below.push(resolve));
    });
  const finish = (): void => {
    for (const resolve of below) resolve(Uint8Array.of(9));
  };
  return { clock, counters, ask, below, finish };
}

test('D2: questions that are equal but for their ID share one answer', async (t) => {
  const { ask, below, finish, counters } = scene();
  const answers = Array.from({ length: 50 }, (_, id) => ask('host6.example A', { id }));
  t.is(below.length, 1);
  finish();
  t.deepEqual(await Promise.all(answers), new Array(50).fill(Uint8Array.of(9)));
  t.is(counters.merged, 49);
});

test('D2: one different octet, another protocol or other upstreams make another question', async (t) => {
  const { ask, below, finish } = scene();
  const answers = [
    ask('host6.example A'),
    ask('Host6.example A'),
    ask('host6.example PTR'),
    ask('host6.example A', { edns: 1232 }),
    ask('host6.example A', { edns: 1233 }),
    ask('host6.example A', {}, { protocol: 'tcp' }),
    ask('host6.example A', {}, { upstreams: [...ours] }),
  ];
  t.is(below.length, 7);
  finish();
  await Promise.all(answers);
});

test('D2: an answer is shared only while it is under way, and a second try after 0.9 s is asked anew', async (t) => {
  const { ask, below, finish, clock } = scene();
  const first = ask('host6.example A');
  await clock.pass(899);
  const joined = ask('host6.example A');
  t.is(below.length, 1);
  await clock.pass(1);
  const again = ask('host6.example A');
  t.is(below.length, 2);
  finish();
  await Promise.all([first, joined, again]);
  void ask('host6.example A');
  t.is(below.length, 3);
});

test('D2: when the one fails, all fail, and the next starts afresh', async (t) => {
  const clock = new ManualClock();
  const handler = mergeEqual(clock, newCounters());
  let calls = 0;
  const failing = async (): Promise<Uint8Array | undefined> => {
    calls++;
    throw new Error('broken');
  };
  const ask = () => handler(arrived(question('host6.example A'), { upstreams: ours }), failing);
  const [one, two] = await Promise.allSettled([ask(), ask()]);
  t.is(one?.status, 'rejected');
  t.is(two?.status, 'rejected');
  await t.throwsAsync(ask);
  t.is(calls, 2);
});
