/** A data path that is lost, and what comes of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { codes, Starter } from './testing/bump-starter.ts';

const removed = new Error('The TUN device was removed');

/** Loses the data path and waits for what comes of it. */
async function lose({ run, agent }: Starter): Promise<void> {
  run?.onLost(removed);
  await agent.up(1000);
}

test('a data path that is lost is withdrawn, and started again after a pause', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  const first = starter.run;
  first?.onLost(removed);
  first?.onLost(new Error('A packet worker ended'));
  const { state, reasons } = await starter.agent.up(1000);
  t.is(state, 'up');
  t.deepEqual(reasons, []);
  t.deepEqual(starter.told, ['start', 'stop', 'wait 50', 'start']);
  first?.onLost(removed);
  await sleep(5);
  t.is(starter.told.length, 4, 'what is lost of an earlier one is no loss');
});

test('while it recovers, it says why, and for which time', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  starter.startMs = 10_000;
  starter.run?.onLost(removed);
  await sleep(20);
  const { state, reasons } = starter.agent.status();
  t.is(state, 'starting');
  const text = 'The TUN device was removed. It is started again, for time 1 of 10.';
  t.deepEqual(reasons, [{ code: 'recovering', text }]);
  t.is((await starter.agent.down(1000)).state, 'down', 'and it can be called off');
  t.deepEqual(starter.told, ['start', 'stop', 'wait 50', 'start', 'given up']);
});

test('ten times in a row; then it is down, with the reason, until the next up', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  for (let time = 0; time < 10; time++) {
    await lose(starter);
    t.is(starter.agent.status().state, 'up', `${time}`);
  }
  starter.run?.onLost(removed);
  await sleep(20);
  const { state, reasons } = starter.agent.status();
  t.is(state, 'down');
  t.deepEqual(reasons, [{ code: 'lost', text: 'The TUN device was removed.' }]);
  t.deepEqual(starter.told.slice(-4), ['stop', 'wait 500', 'start', 'stop']);
  t.is((await starter.agent.up(1000)).state, 'up');
  await lose(starter);
  t.is(starter.agent.status().state, 'up', 'and the count begins anew');
});

test('a start that fails while it recovers is tried again, and the last failure is the reason', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  starter.failure = new Error('Cannot create bis0', { cause: new Error('EBUSY') });
  await lose(starter);
  const { state, reasons } = starter.agent.status();
  t.is(state, 'down');
  t.deepEqual(reasons, [{ code: 'failed', text: 'Cannot create bis0: EBUSY' }]);
  t.is(starter.told.filter((told) => told === 'start').length, 11);
});

test('one that is lost while it is started again counts once', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  starter.startMs = 30;
  starter.run?.onLost(removed);
  await sleep(10);
  starter.run?.onLost(removed);
  await starter.agent.up(1000);
  await starter.agent.up(1000);
  t.is(starter.agent.status().state, 'up');
  t.deepEqual(starter.told, ['start', 'stop', 'wait 50', 'start', 'given up', 'wait 100', 'start']);
});

test('what is lost and cannot be undone is not started again: the process is asked to end', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  starter.failures = [new Error('Cannot stop the packet workers', { cause: new Error('no answer') })];
  starter.run?.onLost(new Error('A packet worker has not answered for 10 s'));
  await sleep(20);
  const status = starter.agent.status();
  t.is(status.state, 'down');
  t.deepEqual(codes(status), ['lost', 'not-undone']);
  t.deepEqual(starter.told, ['start', 'stop', 'broken']);
});
