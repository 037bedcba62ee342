import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { newCounters } from './counters.ts';
import { deadUpstream } from './fixture/fake-upstream.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { arrived, local } from './fixture/surroundings.ts';
import { answerTo, printed, question } from './fixture/zone-line.ts';
import { FrameReader, framed } from './message/frames.ts';
import { idOf } from './message/header.ts';
import type { Arrival } from './question.ts';
import { relayTransfer } from './relay-transfer.ts';
import type { Upstream } from './upstream/upstream.ts';

const parts = Array.from({ length: 5 }, (_, index) => ({ answers: [`n${index}.example. 60 IN TXT part${index}`] }));

/** A server that answers every question with all parts, and then hangs up or does not. */
async function transferring(hangsUp: boolean): Promise<Upstream & { close(): void }> {
  const server = createServer((socket) => {
    const frames = new FrameReader();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) {
        for (const part of parts) socket.write(framed(answerTo(message, part)));
        if (hangsUp) socket.end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { address: '127.0.0.1', port, close: () => server.close() };
}

/** Relays a transfer from `upstream` to a client that hangs up after `patience` messages. */
async function play(upstream: Upstream, text = 'example AXFR', patience = 100) {
  const clock = new ManualClock();
  const sent: Uint8Array[] = [];
  const arrival: Arrival = {
    ...local,
    protocol: 'tcp',
    upstreams: [upstream],
    send: async (message) => sent.push(message) <= patience,
  };
  const handler = relayTransfer({ sockets: plainSockets, random: () => 4711, clock, counters: newCounters() });
  let isPassed = false;
  const answering = handler(arrived(question(text, { id: 21 }), arrival), async () => {
    isPassed = true;
    return undefined;
  });
  return { sent, answering, clock, isPassed: () => isPassed };
}

test('E24: a zone transfer is relayed message by message, under the ID it was asked with', async (t) => {
  const upstream = await transferring(true);
  for (const text of ['example AXFR', 'example IXFR']) {
    const { sent, answering } = await play(upstream, text);
    t.is(await answering, undefined);
    t.deepEqual(
      sent.map((message) => printed(message).answers[0]),
      parts.map(({ answers }) => answers[0]),
    );
    t.true(sent.every((message) => idOf(message) === 21));
  }
  upstream.close();
});

test('E24: a transfer is over when the server has been quiet for 10 s', async (t) => {
  const upstream = await transferring(false);
  const { sent, answering, clock } = await play(upstream);
  while (sent.length < parts.length) await wait(5);
  let isOver = false;
  void answering.then(() => {
    isOver = true;
  });
  await clock.pass(9_999);
  t.false(isOver);
  await clock.pass(1);
  t.is(await answering, undefined);
  t.is(clock.waiting, 0);
  upstream.close();
});

test('E24: a transfer ends when the client hangs up', async (t) => {
  const upstream = await transferring(false);
  const { sent, answering } = await play(upstream, 'example AXFR', 2);
  t.is(await answering, undefined);
  t.is(sent.length, 3);
  upstream.close();
});

test('E26: a transfer that cannot begin is answered with SERVFAIL', async (t) => {
  const { answering } = await play(await deadUpstream());
  t.is(printed(await answering).rcode, 'SERVFAIL');
});

test('E24: everything but a transfer is left to the rest of the list', async (t) => {
  const { answering, isPassed } = await play(await deadUpstream(), 'example SOA');
  t.is(await answering, undefined);
  t.true(isPassed());
});
