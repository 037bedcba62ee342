import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { TRUNCATED_RESPONSE } from 'dns-packet';
import { newCounters } from '../counters.ts';
import { deadUpstream, fakeUpstream } from '../fixture/fake-upstream.ts';
import { plainSockets } from '../fixture/plain-sockets.ts';
import { answerTo, printed, question, withField } from '../fixture/zone-line.ts';
import { idOf, withId } from '../message/header.ts';
import { createExchanges, type Exchange } from './exchange.ts';

const asked = question('host6.example A', { id: 1 });
const said = { answers: ['host6.example. 60 IN A 192.0.2.1'] };

let drawn = 0;
const random = (): number => ++drawn;

function exchanging(counters = newCounters()): Exchange {
  return createExchanges({ sockets: plainSockets, random, counters }).ask;
}

const never = new AbortController().signal;

for (const address of ['127.0.0.1', '::1']) {
  test(`E18: the same question is answered over UDP and TCP (${address})`, async (t) => {
    const upstream = await fakeUpstream(() => said, address);
    for (const transport of ['udp', 'tcp', 'either'] as const) {
      const answer = await exchanging()(asked, upstream, transport, never);
      t.deepEqual(printed(answer).answers, said.answers);
    }
    t.deepEqual(upstream.asked, ['host6.example A udp', 'host6.example A tcp', 'host6.example A udp']);
    await upstream.close();
  });
}

test('D1: every question goes out with another ID from another port, its other octets as they came', async (t) => {
  const ports = new Set<number>();
  const ids = new Set<number>();
  const upstream = await fakeUpstream((_, message, { source }) => {
    ports.add(source.port);
    ids.add(idOf(message));
    return said;
  });
  for (let count = 0; count < 20; count++) await exchanging()(asked, upstream, 'udp', never);
  for (const message of upstream.messages) t.deepEqual(withId(message, 1), Uint8Array.from(asked));
  t.is(ids.size, 20);
  t.true(ports.size > 15);
  await upstream.close();
});

test('D1: thousands of wrong answers from the right address are let by, and the right one is taken', async (t) => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  server.on('message', (message, client) => {
    const right = answerTo(message, said);
    const wrong = answerTo(message, { answers: ['host6.example. 60 IN A 192.0.2.66'] });
    const send = (octets: Uint8Array): void => server.send(octets, client.port, client.address);
    const otherName = Uint8Array.from(wrong);
    otherName[13] = 0x48;
    const forged = [
      withField(wrong, 0, idOf(message) ^ 1),
      withField(wrong, 2, 0x0180),
      withField(wrong, 2, 0xa180),
      withField(wrong, 4, 0),
      wrong.slice(0, 20),
      new Uint8Array(0),
      otherName,
    ];
    const floods = 300;
    let sent = 0;
    const flood = (): void => {
      for (const octets of forged) send(octets);
      if (++sent < floods) setImmediate(flood);
      else send(right);
    };
    flood();
  });
  const counters = newCounters();
  const { port } = server.address();
  const answer = await exchanging(counters)(asked, { address: '127.0.0.1', port }, 'udp', AbortSignal.timeout(4000));
  t.deepEqual(printed(answer).answers, said.answers);
  t.true(counters.mismatched > 1000);
  server.close();
});

test('D1: an answer from another address or port does not arrive', async (t) => {
  const stranger = createSocket('udp4');
  stranger.bind(0, '127.0.0.1');
  await once(stranger, 'listening');
  const upstream = await fakeUpstream((_, message, { source }) => {
    stranger.send(answerTo(message, said), source.port, source.address);
    return undefined;
  });
  const counters = newCounters();
  const answer = await exchanging(counters)(asked, upstream, 'udp', AbortSignal.timeout(150));
  t.is(answer, undefined);
  t.is(counters.mismatched, 0);
  stranger.close();
  await upstream.close();
});

test('E19: a truncated answer is fetched over TCP when all of it is wanted, and kept where there is no TCP', async (t) => {
  const cut = { flags: TRUNCATED_RESPONSE };
  const upstream = await fakeUpstream((text) => (text.endsWith('udp') ? cut : said));
  t.true(printed(await exchanging()(asked, upstream, 'udp', never)).flags.includes('tc'));
  t.deepEqual(printed(await exchanging()(asked, upstream, 'either', never)).answers, said.answers);
  await upstream.close();

  const onlyUdp = createSocket('udp4');
  onlyUdp.bind(0, '127.0.0.1');
  await once(onlyUdp, 'listening');
  onlyUdp.on('message', (message, client) => onlyUdp.send(answerTo(message, cut), client.port, client.address));
  const { port } = onlyUdp.address();
  const answer = await exchanging()(asked, { address: '127.0.0.1', port }, 'either', never);
  t.true(printed(answer).flags.includes('tc'));
  onlyUdp.close();
});

test('E19: where nobody listens there is no answer, at once', async (t) => {
  const upstream = await deadUpstream();
  const start = performance.now();
  for (const transport of ['udp', 'tcp'] as const)
    t.is(await exchanging()(asked, upstream, transport, never), undefined);
  t.true(performance.now() - start < 1000);
});

test('a question is given up when it is no longer wanted, before it is asked too', async (t) => {
  const upstream = await fakeUpstream(() => undefined);
  for (const transport of ['udp', 'tcp'] as const) {
    const start = performance.now();
    t.is(await exchanging()(asked, upstream, transport, AbortSignal.timeout(50)), undefined);
    t.is(await exchanging()(asked, upstream, transport, AbortSignal.abort()), undefined);
    t.true(performance.now() - start < 1000);
  }
  t.is(upstream.asked.length, 2);
  await upstream.close();
});

test('a connection that brings something else, or half an answer, is no answer', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => {
      const wrong = answerTo(chunk.subarray(2), said);
      wrong[0] = (wrong[0] ?? 0) ^ 1;
      socket.end(Buffer.concat([Uint8Array.of(0, wrong.length), wrong, Uint8Array.of(0, 50, 1, 2, 3)]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const counters = newCounters();
  t.is(await exchanging(counters)(asked, { address: '127.0.0.1', port }, 'tcp', never), undefined);
  t.is(counters.mismatched, 1);
  server.close();
});
