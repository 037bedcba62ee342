/** What one client can cost (D6): the limits of a listener over TCP, reached on purpose. */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { answering, ask, connected, said, soon, start, take } from '../fixture/listening.ts';
import { ManualClock } from '../fixture/manual-clock.ts';
import { answerTo, printed, question } from '../fixture/zone-line.ts';
import { framed } from '../message/frames.ts';
import { idOf } from '../message/header.ts';
import { limit } from './over-tcp.ts';

test('D6: of one connection only so many questions are worked on; the rest wait, and are all answered', async (t) => {
  let now = 0;
  let most = 0;
  const listener = await start(async (message) => {
    most = Math.max(most, ++now);
    await wait(5);
    now--;
    return answerTo(message, said);
  });
  const socket = await connected(listener);
  socket.write(Buffer.concat(Array.from({ length: 200 }, (_, id) => framed(question('host6.example A', { id })))));
  const ids = (await take(socket, 200)).map(idOf);
  t.is(new Set(ids).size, 200);
  t.is(most, limit.QUESTIONS);
  socket.destroy();
  await listener.close();
});

test('D6: a connection that brings anything but questions is ended, and costs no more than that', async (t) => {
  let asked = 0;
  const listener = await start(async (message) => {
    asked++;
    return answerTo(message, said);
  });
  const nothing = framed(new Uint8Array());
  const answer = framed(answerTo(question('host6.example A'), said));
  for (const junk of [nothing, framed(new Uint8Array(11)), answer]) {
    const socket = await connected(listener);
    socket.write(Buffer.concat(Array.from({ length: 1000 }, () => junk)));
    t.deepEqual(await take(socket, 1), []);
  }
  t.is(asked, 0);
  await listener.close();
});

test('D6: a pile of questions that are answered at once leaves others their turn', async (t) => {
  let sinceTurn = 0;
  let most = 0;
  const listener = await start(async (message) => {
    most = Math.max(most, ++sinceTurn);
    return answerTo(message, said);
  });
  let isOver = false;
  const turn = (): void => {
    sinceTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const socket = await connected(listener);
  socket.write(Buffer.concat(Array.from({ length: 1000 }, () => framed(question('host6.example A')))));
  t.is((await take(socket, 1000)).length, 1000);
  t.true(most <= 2 * limit.QUESTIONS, `${most} in one turn`);
  isOver = true;
  socket.destroy();
  await listener.close();
});

test('D6: a connection with nothing to do is ended after 10 s, a trickle of octets notwithstanding', async (t) => {
  const clock = new ManualClock();
  const listener = await start(answering, { clock });
  const socket = await connected(listener);
  socket.write(framed(question('host6.example A')));
  t.is((await take(socket, 1)).length, 1);
  await clock.pass(9000);
  socket.write(Uint8Array.of(0));
  await wait(20);
  await clock.pass(999);
  t.false(socket.readableEnded);
  await clock.pass(1);
  t.deepEqual(await take(socket, 1), []);
  await listener.close();
});

test('D6: held connections stall nobody: a new one ends the one that has been idle longest', async (t) => {
  const listener = await start(answering);
  const held: Socket[] = [];
  for (let count = 0; count < limit.CONNECTIONS; count++) held.push(await connected(listener));
  // The first has something to do again, so the second is now the one idle longest.
  held[0]?.write(framed(question('host6.example A')));
  t.is((await take(held[0] as Socket, 1)).length, 1);
  const answer = await ask(question('host6.example A'), { address: '127.0.0.1', port: listener.port }, 'tcp', soon());
  t.deepEqual(printed(answer).answers, said.answers);
  t.deepEqual(await take(held[1] as Socket, 1), []);
  held[0]?.write(framed(question('host6.example A')));
  t.is((await take(held[0] as Socket, 1)).length, 1);
  for (const socket of held) socket.destroy();
  await listener.close();
});

test('D6: when every connection has work, a new one is refused', async (t) => {
  const release: (() => void)[] = [];
  const listener = await start(
    (message) => new Promise((resolve) => release.push(() => resolve(answerTo(message, said)))),
  );
  const busy: Socket[] = [];
  for (let count = 0; count < limit.CONNECTIONS; count++) {
    const socket = await connected(listener);
    socket.write(framed(question('host6.example A')));
    busy.push(socket);
  }
  while (release.length < limit.CONNECTIONS) await wait(5);
  const here = { address: '127.0.0.1', port: listener.port };
  t.is(await ask(question('host6.example A'), here, 'tcp', soon()), undefined);
  for (const done of release) done();
  for (const socket of busy) t.is((await take(socket, 1)).length, 1);
  for (const socket of busy) socket.destroy();
  await listener.close();
});
