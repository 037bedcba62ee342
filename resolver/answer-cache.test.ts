import test from 'ava';
import fc from 'fast-check';
import { answerCache } from './answer-cache.ts';
import { newCounters } from './counters.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { arrived, network, type Reply } from './fixture/surroundings.ts';
import { type AskedWith, printed, question, withField } from './fixture/zone-line.ts';
import { readMessage } from './message/message.ts';
import type { Next, Question } from './question.ts';
import type { Upstream } from './upstream/upstream.ts';

const ours: readonly Upstream[] = [{ address: '192.0.2.53', port: 53 }];
const soa = (ttl: number, minimum: number): string =>
  `example. ${ttl} IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 ${minimum}`;
const a: Reply = { answers: ['host.example. 300 IN A 192.0.2.7'] };

type Asking = AskedWith & Partial<Pick<Question, 'transport'>> & { upstreams?: readonly Upstream[] };

/** A cache above a network that says `rows`. */
function scene(rows: Record<string, Reply>, entries = 100) {
  const clock = new ManualClock();
  const counters = newCounters();
  const net = network(rows, clock);
  const cache = answerCache({ entries, clock, counters });
  const ask = (text: string, { transport = 'udp', upstreams = ours, ...asked }: Asking = {}, below: Next = net) =>
    cache.handler({ ...arrived(question(text, asked), { upstreams }), transport, isOurs: true }, below);
  return { clock, counters, net, cache, ask };
}

/** The TTL of the SOA record in the authority section, and all octets besides. */
function soaOf(answer: Uint8Array | undefined): { ttlSeconds: number | undefined; others: number[] } {
  const record = answer && readMessage(answer)?.authorities[0];
  const ttl = (record?.data ?? 0) - 6;
  return { ttlSeconds: record?.ttlSeconds, others: [...(answer ?? [])].filter((_, at) => at < ttl || at >= ttl + 4) };
}

/** How often the network is asked when one question is put twice. */
async function askedFor(reply: Reply, text = 'host.example A', asked: Asking = {}): Promise<number> {
  const { net, ask } = scene({ [text]: reply });
  await ask(text, asked);
  await ask(text, asked);
  return net.asked.length;
}

test('E10: what a client asked is passed on and answered as it came, kept or not', async (t) => {
  const { net, cache, ask } = scene({ 'host.example AAAA': { answers: ['host.example. 300 IN AAAA 2001:db8::9'] } });
  const passedOn = (): Promise<Uint8Array | undefined> =>
    Promise.resolve(cache.handler(arrived(question('host.example AAAA'), { upstreams: ours }), net));
  await ask('host.example AAAA');
  await passedOn();
  await passedOn();
  t.is(net.asked.length, 3);
});

test('D11: an answer is said again, and its TTLs are all that changes', async (t) => {
  const whole: Reply = {
    answers: ['host.example. 300 IN CNAME a.example.', 'a.example. 70000 IN A 192.0.2.7'],
    authorities: ['example. 600 IN NS ns.example.'],
    additionals: ['ns.example. 900 IN AAAA 2001:db8::53'],
    flags: 0x0420,
  };
  const { clock, net, ask, counters } = scene({ 'host.example A': whole });
  const first = await ask('host.example A');
  await clock.pass(100_000);
  const again = await ask('host.example A', { id: 99 });
  const later = scene({
    'host.example A': {
      answers: ['host.example. 200 IN CNAME a.example.', 'a.example. 69900 IN A 192.0.2.7'],
      authorities: ['example. 500 IN NS ns.example.'],
      additionals: ['ns.example. 800 IN AAAA 2001:db8::53'],
      flags: 0x0420,
    },
  });
  t.deepEqual([...(again ?? [])], [...((await later.ask('host.example A')) ?? [])]);
  t.deepEqual(printed(first).answers, whole.answers);
  t.deepEqual(net.asked, ['host.example A udp']);
  t.is(counters.cacheHits, 1);
  t.is(counters.cacheMisses, 1);
});

test('D11: only answers to A, AAAA and PTR questions of class IN are kept', async (t) => {
  const negative: Reply = { authorities: [soa(60, 60)] };
  for (const type of ['A', 'AAAA', 'PTR']) t.is(await askedFor(negative, `host.example ${type}`), 1, type);
  for (const type of ['MX', 'TXT', 'ANY', 'SRV', 'CNAME', 'SOA', 'UNKNOWN_65', 'UNKNOWN_64']) {
    t.is(await askedFor(negative, `host.example ${type}`), 2, type);
  }
  t.is(await askedFor(negative, 'host.example A', { class: 'CH' }), 2);
});

test('D11: an answer is kept as long as its least TTL says, and no second longer', async (t) => {
  const rows = { 'host.example A': { answers: ['host.example. 9 IN A 192.0.2.7', 'host.example. 4 IN A 192.0.2.8'] } };
  const { clock, net, ask } = scene(rows);
  await ask('host.example A');
  await clock.pass(3999);
  const { answers } = printed(await ask('host.example A'));
  t.deepEqual(answers, ['host.example. 5 IN A 192.0.2.7', 'host.example. 0 IN A 192.0.2.8']);
  t.is(net.asked.length, 1);
  await clock.pass(1);
  t.deepEqual(printed(await ask('host.example A')).answers, rows['host.example A'].answers);
  t.is(net.asked.length, 2);
});

test('D11: no TTL is ever extended, whenever it is asked for', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 0x7fffffff }), fc.integer({ min: 0, max: 100_000 }), async (ttl, ms) => {
      const { clock, ask } = scene({ 'host.example A': { answers: [`host.example. ${ttl} IN A 192.0.2.7`] } });
      await ask('host.example A');
      await clock.pass(ms);
      const [line = ''] = printed(await ask('host.example A')).answers;
      const left = Number(line.split(' ')[1]);
      return left === ttl ? ms === 0 || ms >= ttl * 1000 : left <= ttl - ms / 1000;
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('D11: time the host was suspended counts; a clock set back changes nothing', async (t) => {
  const { clock, net, ask } = scene({ 'host.example A': a });
  await ask('host.example A');
  clock.ahead = 250_000;
  t.deepEqual(printed(await ask('host.example A')).answers, ['host.example. 50 IN A 192.0.2.7']);
  clock.ahead = -1e9;
  await clock.pass(1000);
  t.deepEqual(printed(await ask('host.example A')).answers, ['host.example. 299 IN A 192.0.2.7']);
  clock.ahead = 300_000;
  await ask('host.example A');
  t.is(net.asked.length, 2);
});

test('D11: a negative answer is kept for the lesser of the SOA’s TTL and its minimum (RFC 2308)', async (t) => {
  for (const rcode of [0, 3]) {
    for (const [ttl, minimum] of [
      [3600, 20],
      [20, 3600],
    ] as const) {
      const { clock, net, ask } = scene({ 'host.example AAAA': { rcode, authorities: [soa(ttl, minimum)] } });
      const first = await ask('host.example AAAA');
      await clock.pass(19_000);
      const again = await ask('host.example AAAA');
      t.is(net.asked.length, 1);
      // Both are what a client may go by, so the TTL is the lesser, and has aged; nothing else is different.
      t.is(soaOf(first).ttlSeconds, ttl);
      t.is(soaOf(again).ttlSeconds, 1);
      t.deepEqual(soaOf(again).others, soaOf(first).others);
      await clock.pass(1000);
      await ask('host.example AAAA');
      t.is(net.asked.length, 2);
    }
  }
});

test('D11: what must not be kept, and silence, are asked for again', async (t) => {
  t.is(await askedFor({ ...a, flags: 0x0200 }), 2);
  let asked = 0;
  const silent: Next = async () => void asked++ as undefined;
  const { ask } = scene({});
  await ask('host.example A', {}, silent);
  await ask('host.example A', {}, silent);
  t.is(asked, 2);
});

test('D11: questions that differ in letter case, flags, EDNS, transport or servers do not share answers', async (t) => {
  const { net, ask } = scene({ 'host.example A': a, 'hOst.example A': a });
  const different: [string, Asking][] = [
    ['host.example A', {}],
    ['hOst.example A', {}],
    ['host.example A', { flags: 0x0010 }],
    ['host.example A', { flags: 0x0020 }],
    ['host.example A', { edns: 1232 }],
    ['host.example A', { edns: 4096 }],
    ['host.example A', { edns: 1232, dnssecOk: true }],
    ['host.example A', { transport: 'tcp' }],
    ['host.example A', { upstreams: [...ours] }],
  ];
  for (const [text, asking] of different) await ask(text, asking);
  t.is(net.asked.length, different.length);
  for (const [text, asking] of different) await ask(text, asking);
  t.is(net.asked.length, different.length);
});

test('E10: a question with EDNS options is always asked', async (t) => {
  const { net, cache } = scene({ 'host.example A': a });
  // An OPT record with one option: a cookie (RFC 7873) of 8 octets.
  const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
  const octets = withField(Uint8Array.from([...question('host.example A'), ...opt]), 10, 1);
  for (let times = 0; times < 2; times++) await cache.handler(arrived(octets, { upstreams: ours }), net);
  t.is(net.asked.length, 2);
});

test('E12: an answer fetched whole for synthesis is not given to an asker it is too long for', async (t) => {
  const answers = Array.from({ length: 40 }, (_, index) => `host.example. 60 IN AAAA 2001:db8::${index + 1}`);
  const { net, ask } = scene({ 'host.example AAAA': { answers } });
  await ask('host.example AAAA', { transport: 'either' });
  await ask('host.example AAAA', { transport: 'either' });
  t.is(net.asked.length, 1);
  await ask('host.example AAAA', { transport: 'udp' });
  t.is(net.asked.length, 2);
});

test('D11: bounded by entries and by octets; without entries nothing is kept', async (t) => {
  const rows: Record<string, Reply> = {};
  for (let index = 0; index < 20; index++)
    rows[`n${index}.example A`] = { answers: [`n${index}.example. 60 IN A 1.2.3.4`] };
  const few = scene(rows, 10);
  for (const text of [...Object.keys(rows), 'n19.example A', 'n10.example A', 'n9.example A']) await few.ask(text);
  t.is(few.counters.cacheHits, 2);

  const long = Array.from({ length: 40 }, (_, index) => `long.example. 60 IN A 192.0.2.${index}`);
  const small = scene({ 'long.example A': { answers: long } }, 1);
  await small.ask('long.example A', { transport: 'tcp' });
  await small.ask('long.example A', { transport: 'tcp' });
  t.is(small.net.asked.length, 2);

  const none = scene({ 'host.example A': a }, 0);
  await none.ask('host.example A');
  await none.ask('host.example A');
  t.is(none.net.asked.length, 2);
  none.cache.flush();
});

test('E16: after a flush all is asked anew, and what was under way then is not kept', async (t) => {
  const { clock, net, ask, cache } = scene({ 'host.example A': a, 'slow.example A': { ...a, afterMs: 100 } });
  await ask('host.example A');
  const slow = ask('slow.example A');
  cache.flush();
  await clock.pass(100);
  await slow;
  await ask('host.example A');
  void ask('slow.example A');
  t.is(net.asked.length, 4);
});
