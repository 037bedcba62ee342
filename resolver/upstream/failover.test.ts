import test from 'ava';
import { sleep } from '../clock.ts';
import { newCounters } from '../counters.ts';
import { ManualClock } from '../fixture/manual-clock.ts';
import { arrived } from '../fixture/surroundings.ts';
import { question, withField } from '../fixture/zone-line.ts';
import { forward } from './failover.ts';
import type { Upstream } from './upstream.ts';

const upstream = (last: number): Upstream => ({ address: `192.0.2.${last}`, port: 53 });

const rcodes = { fails: undefined, never: undefined, servfail: 2, refused: 5, nxdomain: 3 } as const;

/** Upstreams .1, .2, … and how each behaves: answers after so many ms, never, fails at once, or says an RCODE after 5 ms. */
function scene(behaviour: (number | keyof typeof rcodes)[], octets = question('host6.example A')) {
  const clock = new ManualClock();
  const counters = newCounters();
  const upstreams = behaviour.map((_, index) => upstream(index + 1));
  const asked: string[] = [];
  const next = forward({
    clock,
    counters,
    async exchange(_octets, { address }, _transport, signal) {
      const last = Number(address.split('.')[3]);
      asked.push(`${last} at ${clock.now()}`);
      const how = behaviour[last - 1] ?? 'never';
      if (how === 'fails') return undefined;
      await sleep(clock, how === 'never' ? 1e9 : typeof how === 'number' ? how : 5, signal);
      const rcode = typeof how === 'number' ? 0 : (rcodes[how] ?? 0);
      return signal.aborted ? undefined : Uint8Array.of(last, 0, 0x81, rcode, 0, 0, 0, 0, 0, 0, 0, 0);
    },
  });
  /** Asks, and lets time pass until there is an answer: which upstream's, and when. */
  const ask = async (): Promise<string> => {
    const over = new AbortController();
    const start = clock.now();
    const callOff = clock.after(4300, () => over.abort());
    let result: string | undefined;
    void next(arrived(octets, { upstreams }, over.signal)).then((answer) => {
      result = `${answer?.[0] ?? 'nobody'} after ${clock.now() - start}`;
      callOff();
    });
    for (let steps = 0; result === undefined && steps < 100; steps++) await clock.pass(50);
    over.abort();
    await clock.pass(0);
    return result ?? 'still waiting';
  };
  return { ask, asked, clock, counters, behaviour };
}

test('E19: the first upstream is asked alone as long as it answers', async (t) => {
  const { ask, asked, counters } = scene([20, 10]);
  t.is(await ask(), '1 after 20');
  t.is(await ask(), '1 after 20');
  t.is(asked.length, 2);
  t.is(counters.failovers, 0);
});

test('E19: one that does not answer is joined by the next within 2 s, and asked last for a while', async (t) => {
  const { ask, asked, clock, behaviour, counters } = scene(['never', 10]);
  t.is(await ask(), '2 after 1010');
  t.is(counters.failovers, 1);
  t.is(await ask(), '2 after 10');
  t.true(asked.at(-1)?.startsWith('2 at'));
  behaviour[0] = 5;
  await clock.pass(30_000);
  t.is(await ask(), '1 after 5');
});

test('E19: one that fails is followed by the next at once', async (t) => {
  const { ask } = scene(['fails', 'fails', 10]);
  t.is(await ask(), '3 after 10');
  t.is(await ask(), '3 after 10');
});

test('E19: a slow one that answers after all is still heard, and trusted again', async (t) => {
  const { ask } = scene([1500, 'never']);
  t.is(await ask(), '1 after 1500');
  t.is(await ask(), '1 after 1500');
});

test('E19: when all fail there is no answer at once; when all are silent, none at the deadline', async (t) => {
  t.is(await scene(['fails', 'fails']).ask(), 'nobody after 0');
  t.is(await scene(['never', 'never']).ask(), 'nobody after 4300');
  t.is(await scene(['never']).ask(), 'nobody after 4300');
  t.is(await scene([]).ask(), 'nobody after 0');
});

test('E19: one that says SERVFAIL or REFUSED is followed by the next at once; what that says counts', async (t) => {
  t.is(await scene(['servfail', 10]).ask(), '2 after 15');
  t.is(await scene(['refused', 'servfail', 'nxdomain']).ask(), '3 after 15');
  t.is(await scene(['nxdomain', 10]).ask(), '1 after 5');
  const { ask, asked } = scene(['servfail', 10]);
  await ask();
  await ask();
  t.is(asked.filter((line) => line.startsWith('1')).length, 2, 'it is well, and asked first again');
});

test('E19: when no upstream is of help, what the first said is the answer, as soon as the others had their time', async (t) => {
  t.is(await scene(['refused', 'servfail']).ask(), '1 after 10');
  t.is(await scene(['fails', 'servfail']).ask(), '2 after 5');
  t.is(await scene(['servfail', 'fails']).ask(), '1 after 5');
  t.is(await scene(['servfail', 'never']).ask(), '1 after 1005');
  t.is(await scene(['never', 'servfail']).ask(), '2 after 2000');
  t.is(await scene([1500, 'servfail']).ask(), '1 after 1500');
  t.is(await scene(['never', 'fails']).ask(), 'nobody after 4300');
  t.is(await scene(['servfail', 1500]).ask(), '1 after 1005');
  t.is(await scene(['servfail']).ask(), '1 after 5');
});

test('E24: without recursion desired, or for another opcode, a refusal is the answer', async (t) => {
  t.is(await scene(['refused', 10], question('host6.example A', { recursion: false })).ask(), '1 after 5');
  t.is(await scene(['refused', 10], withField(question('host6.example A'), 2, 0x2800)).ask(), '1 after 5');
});

test('D8: however long the list, one question asks four upstreams at most, each once', async (t) => {
  const { ask, asked } = scene(new Array(10).fill('never'));
  t.is(await ask(), 'nobody after 4300');
  t.is(asked.length, 4);
});

test('nothing is left behind when a question is over', async (t) => {
  for (const behaviour of [
    ['never', 10, 'never'],
    ['servfail', 10],
    ['never', 'servfail'],
    [1500, 'refused'],
  ] as const) {
    const { ask, clock } = scene([...behaviour]);
    await ask();
    t.is(clock.waiting, 0);
  }
});
