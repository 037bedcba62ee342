/** Questions over the limit, with servers that never answer (D6); `overload.test.ts` does it with real ones. */
import test from 'ava';
import { ManualClock } from './fixture/manual-clock.ts';
import { fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { printed, question } from './fixture/zone-line.ts';
import type { Arrival } from './question.ts';
import { CHANCE_MS, MOST_IN_FLIGHT, SHARE } from './refuse-overload.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';
import type { Upstream } from './upstream/upstream.ts';

const silent: Upstream = { address: '192.0.2.1', port: 53 };
const from = (...upstreams: Upstream[]): Arrival => ({ ...local, upstreams });

function create(clock: ManualClock): Resolver {
  const never = (): Promise<never> => new Promise(() => {});
  const sockets = { udp: never, tcp: never };
  return createResolver({ mappings: fakeMappings(), host: fakeHost(), settings: defaultSettings, sockets, clock });
}

test('D6: over 1024 questions in flight the next are refused, and afterwards all is as before', async (t) => {
  const clock = new ManualClock();
  const resolver = create(clock);
  for (let id = 0; id < MOST_IN_FLIGHT; id++) void resolver.answer(question(`n${id}.example TXT`), from(silent));
  t.is(resolver.inFlight, MOST_IN_FLIGHT);
  for (let tries = 0; tries < 10; tries++) {
    t.is(printed(await resolver.answer(question('more.example TXT'), from(silent))).rcode, 'REFUSED');
  }
  t.is(resolver.counters.refused, 10);
  t.is(resolver.inFlight, MOST_IN_FLIGHT);
});

test('D6: questions nobody answers give way to new ones after a second', async (t) => {
  const clock = new ManualClock();
  const resolver = create(clock);
  const ask = (name: string) => resolver.answer(question(`${name} TXT`), from(silent));
  const oldest = ask('oldest.example');
  for (let id = 1; id < MOST_IN_FLIGHT; id++) void ask(`n${id}.example`);
  await clock.pass(CHANCE_MS - 1);
  t.is(printed(await ask('early.example')).rcode, 'REFUSED');
  await clock.pass(1);
  void ask('late.example');
  t.is(printed(await oldest).rcode, 'REFUSED');
  t.is(resolver.inFlight, MOST_IN_FLIGHT);
  t.is(resolver.counters.refused, 2);
});

test('D6: a flood of questions to a silent server does not have those to others refused', async (t) => {
  const clock = new ManualClock();
  const resolver = create(clock);
  const [flooded, other] = [from(silent), from({ address: '192.0.2.2', port: 53 })];
  const answers = Array.from({ length: MOST_IN_FLIGHT }, (_, id) =>
    resolver.answer(question(`n${id}.example TXT`), flooded),
  );
  for (let id = 0; id < SHARE; id++) void resolver.answer(question(`m${id}.example TXT`), other);
  t.is(resolver.counters.refused, SHARE, 'the flood gave way');
  t.is(printed(await answers[0]).rcode, 'REFUSED', 'its oldest first');
  t.is(resolver.inFlight, MOST_IN_FLIGHT);
  for (const arrival of [flooded, other]) {
    t.is(printed(await resolver.answer(question('more.example TXT'), arrival)).rcode, 'REFUSED', 'each has its share');
  }
});
