import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { answering, ask, connected, said, soon, start, take } from '../fixture/listening.ts';
import { answerTo, printed, question } from '../fixture/zone-line.ts';
import { framed } from '../message/frames.ts';
import { idOf } from '../message/header.ts';
import type { Upstream } from '../upstream/upstream.ts';

for (const address of ['127.0.0.1', '::1']) {
  test(`E18: a listener answers over UDP and TCP on one port (${address})`, async (t) => {
    const listener = await start(answering, { address });
    t.true(listener.port > 0);
    for (const transport of ['udp', 'tcp'] as const) {
      const upstream = { address, port: listener.port };
      const answer = await ask(question('host6.example A'), upstream, transport, soon());
      t.deepEqual(printed(answer).answers, said.answers);
    }
    await listener.close();
  });
}

test('E18: a port that is taken for either protocol is refused by name', async (t) => {
  const listener = await start(answering);
  await t.throwsAsync(start(answering, { port: listener.port }), { message: /Cannot listen on 127\.0\.0\.1 port \d+/ });
  await listener.close();
  const tcpOnly = createServer().listen(0, '127.0.0.1');
  await once(tcpOnly, 'listening');
  const { port } = tcpOnly.address() as { port: number };
  await t.throwsAsync(start(answering, { port }), { message: /Cannot listen/ });
  // The UDP socket that was had was given back.
  const udp = createSocket('udp4').bind(port, '127.0.0.1');
  await once(udp, 'listening');
  udp.close();
  tcpOnly.close();
});

test('a closed listener gives its port back, and says nothing more', async (t) => {
  let finish: (answer: Uint8Array | undefined) => void = () => {};
  const listener = await start((message) => {
    return new Promise((resolve) => {
      finish = () => resolve(answerTo(message, said));
    });
  });
  const asking = ask(
    question('host6.example A'),
    { address: '127.0.0.1', port: listener.port },
    'udp',
    AbortSignal.timeout(300),
  );
  const socket = await connected(listener);
  await wait(50);
  await listener.close();
  finish(undefined);
  t.is(await asking, undefined);
  t.deepEqual(await take(socket, 1), []);
  await (await start(answering, { port: listener.port })).close();
});

test('a question is asked of the listener’s upstreams as they are when it comes', async (t) => {
  const seen: (readonly Upstream[])[] = [];
  const listener = await start(
    async (message, { upstreams }) => {
      seen.push(upstreams);
      return answerTo(message, said);
    },
    { upstreams: [{ address: '192.0.2.1', port: 53 }] },
  );
  const here = { address: '127.0.0.1', port: listener.port };
  await ask(question('host6.example A'), here, 'udp', soon());
  const others = [{ address: 'fe80::53%eth0', port: 53, device: 'eth0' }];
  listener.setUpstreams(others);
  await ask(question('host6.example A'), here, 'tcp', soon());
  t.is(seen[0]?.[0]?.address, '192.0.2.1');
  t.is(seen[1], others);
  await listener.close();
});

test('D5: who is not served hears nothing', async (t) => {
  let questions = 0;
  const listener = await start(
    async (message) => {
      questions++;
      return answerTo(message, said);
    },
    { accept: (source) => source !== '127.0.0.1' },
  );
  const here = { address: '127.0.0.1', port: listener.port };
  t.is(await ask(question('host6.example A'), here, 'udp', AbortSignal.timeout(100)), undefined);
  t.is(await ask(question('host6.example A'), here, 'tcp', soon()), undefined);
  t.is(questions, 0);
  await listener.close();
});

test('E18: questions on one connection are answered as they are done, not as they were asked', async (t) => {
  const release: Record<number, () => void> = {};
  const listener = await start(async (message) => {
    await new Promise<void>((resolve) => {
      release[idOf(message)] = resolve;
    });
    return answerTo(message, said);
  });
  const socket = await connected(listener);
  socket.write(Buffer.concat([1, 2, 3].map((id) => framed(question('host6.example A', { id })))));
  while (release[3] === undefined) await wait(5);
  for (const id of [3, 1, 2]) {
    release[id]?.();
    t.is(idOf((await take(socket, 1))[0] ?? new Uint8Array(2)), id);
  }
  socket.destroy();
  await listener.close();
});

test('E18: a client that has said all it will still gets its answers', async (t) => {
  const listener = await start(async (message) => {
    await wait(30);
    return answerTo(message, said);
  });
  const socket = await connected(listener);
  socket.end(Buffer.concat([1, 2].map((id) => framed(question('host6.example A', { id })))));
  t.is((await take(socket, 3)).length, 2);
  await listener.close();
});

test('E24: answers of several messages go out one by one, no faster than the client reads', async (t) => {
  const page = new Uint8Array(60_000).fill(7);
  let sent = 0;
  const listener = await start(async (_message, { send }) => {
    while (sent < 400 && (await send?.(page))) sent++;
    return Uint8Array.of(1, 2, 3);
  });
  const socket = await connected(listener);
  socket.pause();
  socket.write(framed(question('example AXFR')));
  await wait(200);
  t.true(sent < 400, `${sent} of 400 pages are in flight to a client that does not read`);
  const messages = await take(socket, 401);
  t.is(messages.length, 401);
  t.deepEqual(messages.at(-1), Uint8Array.of(1, 2, 3));
  socket.destroy();
  await listener.close();
});
