import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { deadUpstream, type FakeUpstream, fakeUpstream, type Serve } from './fixture/fake-upstream.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { answerTo, printed, question, withField } from './fixture/zone-line.ts';
import { idOf, withId } from './message/header.ts';
import type { Arrival } from './question.ts';
import { createResolver, type Resolver, type ResolverParts } from './resolver.ts';
import { defaultSettings } from './settings.ts';
import type { Upstream } from './upstream/upstream.ts';

const aaaa = { answers: ['host6.example. 300 IN AAAA 2001:db8::9'] };
const soa = { authorities: ['example. 30 IN SOA ns.example. hostmaster.example. 1 2 3 4 5'] };
const only6: Serve = (text) => (text.startsWith('host6.example AAAA') ? aaaa : soa);

function create(parts: Partial<ResolverParts> = {}): Resolver {
  return createResolver({
    mappings: fakeMappings(),
    host: fakeHost(),
    settings: defaultSettings,
    sockets: plainSockets,
    ...parts,
  });
}

const from = (...upstreams: Upstream[]): Arrival => ({ ...local, upstreams });

/** Plays with a resolver and one upstream that says what `serve` says. */
async function withUpstream(
  serve: Serve,
  play: (resolver: Resolver, upstream: FakeUpstream) => Promise<unknown>,
  parts: Partial<ResolverParts> = {},
): Promise<void> {
  const upstream = await fakeUpstream(serve);
  try {
    await play(create(parts), upstream);
  } finally {
    await upstream.close();
  }
}

test('E1, E5: an IPv6-only name gets a spool address, and the address has the name', (t) =>
  withUpstream(only6, async (resolver, upstream) => {
    const forward = await resolver.answer(question('host6.example A', { id: 77 }), from(upstream));
    t.deepEqual(printed(forward).answers, ['host6.example. 30 IN A 10.170.160.1']);
    t.is(printed(forward).id, 77);
    const reverse = await resolver.answer(question('1.160.170.10.in-addr.arpa PTR'), from(upstream));
    t.deepEqual(printed(reverse).answers, ['1.160.170.10.in-addr.arpa. 60 IN PTR host6.example.']);
    t.is(resolver.counters.synthesized, 1);
    t.is(resolver.counters.reversed, 1);
    t.is(resolver.counters.questions, 2);
    t.is(resolver.inFlight, 0);
  }));

test('E10: what is passed is the upstream’s octets under the client’s ID', async (t) => {
  // Made so that writing it anew would change it: unused compression, odd case, an unknown type, octets after the end.
  const odd = (message: Uint8Array): Uint8Array => {
    const record = [0xc0, 12, 0xff, 0x01, 0, 1, 0, 0, 0, 9, 0, 3, 1, 2, 3];
    return withField(withField(Uint8Array.from([...message, ...record, 0xee, 0xee]), 2, 0x85e7), 6, 1);
  };
  await withUpstream(
    (_text, message) => odd(message),
    async (resolver, upstream) => {
      for (const type of [
        'AAAA',
        'MX',
        'SRV',
        'TXT',
        'ANY',
        'UNKNOWN_65',
        'UNKNOWN_64',
        'UNKNOWN_65281',
        'NS',
        'SOA',
      ]) {
        const asked = question(`hOst6.example ${type}`, { id: 0x5555 });
        t.deepEqual(await resolver.answer(asked, from(upstream)), odd(asked), type);
      }
      t.is(resolver.counters.passed, 10);
    },
  );
});

test('E24: other opcodes and questions without recursion are relayed octet for octet, both ways', (t) =>
  withUpstream(
    (_text, message) => withField(message, 2, ((message[2] ?? 0) << 8) | 0x8005),
    async (resolver, upstream) => {
      for (const flags of [0x2800, 0x2000, 0x0000]) {
        const asked = withField(question('host6.example A', { id: 9 }), 2, flags);
        const answer = await resolver.answer(asked, from(upstream));
        t.deepEqual(answer, withField(asked, 2, flags | 0x8005));
        t.deepEqual(withId(upstream.messages.at(-1) ?? asked, 9), Uint8Array.from(asked));
      }
    },
  ));

test('D2: equal questions that came in at different places are each asked where they were meant for', (t) =>
  withUpstream(only6, async (resolver, upstream) => {
    const ids = Array.from({ length: 50 }, (_, id) => id);
    const answers = await Promise.all(
      ids.map((id) => resolver.answer(question('host6.example A', { id }), from(upstream))),
    );
    t.is(resolver.counters.synthesized, 50);
    t.deepEqual(
      answers.map((answer) => answer && idOf(answer)),
      ids,
    );
    t.is(upstream.asked.length, 100);
  }));

test('D2: fifty equal questions by way of one listener are one pair of questions upstream', (t) =>
  withUpstream(only6, async (resolver, upstream) => {
    const arrival = from(upstream);
    const ids = Array.from({ length: 50 }, (_, id) => id);
    const answers = await Promise.all(ids.map((id) => resolver.answer(question('host6.example A', { id }), arrival)));
    t.deepEqual([...upstream.asked].sort(), ['host6.example A udp', 'host6.example AAAA udp']);
    t.deepEqual(
      answers.map((answer) => answer && idOf(answer)),
      ids,
    );
    t.is(resolver.counters.merged, 49);
  }));

test('D1: what is no question is not answered, so that nobody can make us talk to ourselves', async (t) => {
  const resolver = create();
  for (const octets of [new Uint8Array(0), new Uint8Array(11), answerTo(question('host6.example A'), aaaa)]) {
    t.is(await resolver.answer(octets, from()), undefined);
  }
  t.is(resolver.counters.malformed, 3);
});

test('D4: a question that is no sound message is answered with FORMERR', async (t) => {
  const resolver = create();
  const asked = question('host6.example A', { id: 3, edns: 1232 });
  for (const octets of [asked.slice(0, 20), asked.slice(0, -1), withField(asked, 10, 2)]) {
    const answer = await resolver.answer(octets, from());
    t.deepEqual([...(answer ?? [])], [0, 3, 0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  }
});

test('E26: every kind of question has an answer within 4.5 s when the upstream is silent', async (t) => {
  const clock = new ManualClock();
  await withUpstream(
    () => undefined,
    async (resolver, upstream) => {
      const asked = [
        question('host6.example A'),
        question('host6.example MX'),
        question('host6.example A', { recursion: false }),
        withField(question('example SOA'), 2, 5 << 11),
        question('9.8.7.6.in-addr.arpa PTR'),
        question('example AXFR'),
      ];
      const answers = asked.map((octets) => resolver.answer(octets, from(upstream)));
      while (upstream.asked.length < 7) await wait(5);
      t.is(resolver.inFlight, 6);
      await clock.pass(4500);
      for (const answer of await Promise.all(answers)) t.is((answer?.[3] ?? 0) & 15, 2);
      t.is(resolver.inFlight, 0);
      t.is(clock.waiting, 0);
    },
    { clock },
  );
});

test('E26: where nobody listens the answer is SERVFAIL, at once', async (t) => {
  // Its time stands still, so there is nothing that it could have waited for.
  const resolver = create({ clock: new ManualClock() });
  const upstream = await deadUpstream();
  for (const text of ['host6.example A', 'host6.example TXT']) {
    t.is(printed(await resolver.answer(question(text), from(upstream))).rcode, 'SERVFAIL');
  }
});

test('E26: without any upstream, and when something breaks, the answer is SERVFAIL', async (t) => {
  const reported: string[] = [];
  const host = fakeHost({
    isOwn: () => {
      throw new Error('broken');
    },
  });
  t.is(printed(await create().answer(question('host6.example A'), from())).rcode, 'SERVFAIL');
  await withUpstream(
    only6,
    async (resolver, upstream) => {
      for (let tries = 0; tries < 3; tries++) {
        const answer = await resolver.answer(question('host6.example A', { id: 8 }), from(upstream));
        t.is(printed(answer).rcode, 'SERVFAIL');
        t.is(printed(answer).id, 8);
      }
    },
    { host, report: (line) => reported.push(line) },
  );
  t.is(reported.length, 1);
  t.regex(reported[0] ?? '', /could not be answered: Error: broken/);
});

test('D8: one question is at most two datagrams to its upstream', (t) =>
  withUpstream(only6, async (resolver, upstream) => {
    for (const text of ['host6.example A', 'host6.example TXT', '1.160.170.10.in-addr.arpa PTR']) {
      const before = upstream.asked.length;
      await resolver.answer(question(text), from(upstream));
      t.true(upstream.asked.length - before <= 2);
    }
  }));
