import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { type FakeUpstream, fakeUpstream } from './fixture/fake-upstream.ts';
import { ask, soon } from './fixture/listening.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { arrived, fakeHost, fakeMappings } from './fixture/surroundings.ts';
import { answerTo, printed, question } from './fixture/zone-line.ts';
import { type Listener, listen } from './listener/listener.ts';
import { refuseLoops } from './refuse-loops.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';
import type { UpstreamSockets } from './upstream/sockets.ts';
import type { Upstream } from './upstream/upstream.ts';

interface Agent {
  readonly resolver: Resolver;
  readonly listener: Listener;
  readonly upstream: Upstream;
  readonly reported: string[];
  /** Sockets opened so far: one for each question sent. */
  sent(): number;
}

/** A resolver with a listener on loopback, asking nobody yet. */
async function agent(upstreams: readonly Upstream[] = []): Promise<Agent> {
  let sent = 0;
  const sockets: UpstreamSockets = {
    udp: (upstream) => {
      sent++;
      return plainSockets.udp(upstream);
    },
    tcp: (upstream) => {
      sent++;
      return plainSockets.tcp(upstream);
    },
  };
  const reported: string[] = [];
  const resolver = createResolver({
    mappings: fakeMappings(),
    host: fakeHost(),
    settings: defaultSettings,
    sockets,
    report: (line) => reported.push(line),
  });
  const listener = await listen({ address: '127.0.0.1', port: 0, upstreams, resolver });
  return { resolver, listener, upstream: { address: '127.0.0.1', port: listener.port }, reported, sent: () => sent };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await wait(20);
}

/** A stub: passes every question on to `to()`, under the same ID. */
const stub = (to: () => Upstream): Promise<FakeUpstream> =>
  fakeUpstream(async (_text, message) => ask(message, to(), 'udp', soon()));

test('D7: an upstream that is ourselves is noticed, and costs no packet for a question any more', async (t) => {
  const one = await agent();
  one.listener.setUpstreams([one.upstream]);
  await until(() => one.resolver.loops.length > 0);
  t.is(one.resolver.loops.length, 1);
  t.deepEqual(one.reported, [
    `the DNS server 127.0.0.1#${one.upstream.port} leads back to us: it is not asked any more`,
  ]);
  const before = one.sent();
  t.is(printed(await ask(question('host6.example A'), one.upstream, 'udp', soon())).rcode, 'SERVFAIL');
  // A zone transfer is asked for over a way of its own.
  t.is(printed(await ask(question('example AXFR'), one.upstream, 'tcp', soon())).rcode, 'SERVFAIL');
  t.is(one.sent() - before, 0);
  await one.listener.close();
});

test('D7: a stub that asks us is noticed, and the other server goes on answering', async (t) => {
  const one = await agent();
  const back = await stub(() => one.upstream);
  const well = await fakeUpstream(() => ({ answers: ['host6.example. 300 IN A 192.0.2.7'] }));
  one.listener.setUpstreams([back, well]);
  await until(() => one.resolver.loops.length > 0);
  t.deepEqual(one.resolver.loops, [back]);
  const before = back.asked.length;
  for (const type of ['A', 'AAAA', 'MX']) {
    t.is(printed(await ask(question(`host6.example ${type}`), one.upstream, 'udp', soon())).rcode, 'NOERROR');
  }
  t.is(back.asked.length, before);
  await Promise.all([one.listener.close(), back.close(), well.close()]);
});

test('D7: two agents in a ring: at most three packets for a question', async (t) => {
  const one = await agent();
  const two = await agent([one.upstream]);
  await wait(50);
  one.listener.setUpstreams([two.upstream]);
  // The one that came last sees itself; the other needs not, because the ring is cut.
  await until(() => one.resolver.loops.length > 0);
  t.is(one.resolver.loops.length, 1);
  for (const at of [one, two]) {
    const before = one.sent() + two.sent();
    t.is(printed(await ask(question('host6.example A'), at.upstream, 'udp', soon())).rcode, 'SERVFAIL');
    t.true(one.sent() + two.sent() - before <= 3, `${one.sent() + two.sent() - before} packets`);
  }
  await Promise.all([one.listener.close(), two.listener.close()]);
});

test('D7: a question that comes before the loop is noticed goes round at most once', async (t) => {
  const one = await agent();
  const two = await agent([one.upstream]);
  one.listener.setUpstreams([two.upstream]);
  const before = one.sent() + two.sent();
  const answer = await ask(question('host6.example A'), one.upstream, 'udp', AbortSignal.timeout(5000));
  t.is(printed(answer).rcode, 'SERVFAIL');
  t.true(one.sent() + two.sent() - before <= 12, `${one.sent() + two.sent() - before} packets, with those that look`);
  await Promise.all([one.listener.close(), two.listener.close()]);
});

test('D7: an upstream that no longer leads back is asked again', async (t) => {
  const clock = new ManualClock();
  const upstream: Upstream = { address: '192.0.2.53', port: 53 };
  let isLoop = true;
  let drawn = 0;
  const asked: string[] = [];
  const loops = refuseLoops({
    async ask(octets) {
      asked.push(printed(octets).question);
      if (!isLoop) return answerTo(octets, { rcode: 3 });
      return loops.handler(arrived(octets), async () => undefined);
    },
    random: () => ++drawn,
    clock,
    report: () => {},
  });
  loops.look(upstream);
  await clock.pass(0);
  t.true(loops.isLoop(upstream));
  t.regex(asked[0] ?? '', /^[0-9a-f]{16}\.[0-9a-f]{16} HINFO$/);
  isLoop = false;
  t.true(loops.isLoop(upstream));
  await clock.pass(29_000);
  t.true(loops.isLoop(upstream), 'not looked at again so soon');
  t.is(asked.length, 1);
  await clock.pass(1000);
  t.true(loops.isLoop(upstream), 'this is what has it looked at');
  await clock.pass(0);
  t.false(loops.isLoop(upstream));
  t.deepEqual(loops.all, []);
  t.is(new Set(asked).size, 2, 'a new name each time');
});

test('D7: a lost question is asked a second time; silence says nothing about loops', async (t) => {
  const clock = new ManualClock();
  let asked = 0;
  const loops = refuseLoops({
    ask: async (_octets, _upstream, _transport, signal) => {
      asked++;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    },
    random: () => 1,
    clock,
    report: () => t.fail(),
  });
  const upstream: Upstream = { address: '192.0.2.53', port: 53 };
  loops.suspect(upstream);
  t.is(asked, 0, 'nobody ever asked to look at it');
  loops.look(upstream);
  await clock.pass(10_000);
  t.is(asked, 2);
  t.false(loops.isLoop(upstream));
  loops.suspect(upstream);
  await clock.pass(0);
  t.is(asked, 2, 'too soon');
  await clock.pass(20_000);
  loops.suspect(upstream);
  await clock.pass(0);
  t.is(asked, 3);
});

test('D7: only our own questions are answered so; other HINFO questions pass', async (t) => {
  const loops = refuseLoops({ ask: async () => undefined, random: () => 1, clock: new ManualClock(), report: t.log });
  const passed = answerTo(question('host6.example HINFO'), {});
  for (const name of ['host6.example', '0001000100010001.0001000100010001']) {
    t.is(await loops.handler(arrived(question(`${name} HINFO`)), async () => passed), passed, name);
  }
});
