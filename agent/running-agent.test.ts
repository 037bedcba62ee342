import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { explain } from './life-cycle.ts';
import { codes, Starter } from './testing/bump-starter.ts';

test('up and down, again and again', async (t) => {
  const starter = new Starter();
  const { agent } = starter;
  t.is(agent.status().state, 'down');
  for (let round = 0; round < 3; round++) {
    t.is((await agent.up(1000)).state, 'up');
    t.is(agent.status().self, 'fd00::/96');
    t.is((await agent.up(1000)).state, 'up', 'already');
    t.is((await agent.down(1000)).state, 'down');
    t.is(agent.status().self, null);
    t.is((await agent.down(1000)).state, 'down', 'already');
  }
  t.deepEqual(starter.told, ['start', 'stop', 'start', 'stop', 'start', 'stop']);
});

test('while it is not up nothing can be asked of it', async (t) => {
  const { agent } = new Starter();
  const question = { name: 'six.example', type: 'A' };
  const refusal = { message: 'It is not up: no question is answered.' };
  await t.throwsAsync(agent.resolve(question), refusal);
  await t.throwsAsync(agent.explain(question), refusal);
});

test('degraded is up with reasons, and follows them', async (t) => {
  const { agent, reasons } = new Starter();
  reasons.push({ code: 'no-uplink', text: 'There is none.' });
  t.is((await agent.up(1000)).state, 'degraded');
  t.deepEqual(codes(agent.status()), ['no-uplink']);
  reasons.pop();
  t.is(agent.status().state, 'up');
});

test('calls at one time share one start', async (t) => {
  const starter = new Starter();
  starter.startMs = 20;
  const both = Promise.all([starter.agent.up(1000), starter.agent.up(1000)]);
  await sleep(5);
  t.is(starter.agent.status().state, 'starting');
  t.deepEqual(
    (await both).map(({ state }) => state),
    ['up', 'up'],
  );
  t.deepEqual(starter.told, ['start']);
});

test('up and down in one breath end down', async (t) => {
  const { agent, told } = new Starter();
  const [up, down] = await Promise.all([agent.up(1000), agent.down(1000)]);
  t.deepEqual([up.state, down.state, agent.status().state], ['down', 'down', 'down']);
  t.deepEqual(codes(up), ['interrupted']);
  t.deepEqual(told, [], 'nothing was begun');
});

test('down gives up a start at once', async (t) => {
  const starter = new Starter();
  starter.startMs = 10_000;
  const up = starter.agent.up(10_000);
  await sleep(5);
  const began = performance.now();
  t.is((await starter.agent.down(1000)).state, 'down');
  t.deepEqual(codes(await up), ['interrupted']);
  t.true(performance.now() - began < 500);
  t.deepEqual(starter.told, ['start', 'given up']);
});

test('up while it is stopping starts it when it has stopped', async (t) => {
  const starter = new Starter();
  starter.stopMs = 30;
  await starter.agent.up(1000);
  const down = starter.agent.down(1000);
  await sleep(5);
  t.is(starter.agent.status().state, 'stopping');
  t.is((await starter.agent.up(1000)).state, 'up');
  t.not((await down).state, 'stopping', 'it is not told before it has stopped');
  t.deepEqual(starter.told, ['start', 'stop', 'start']);
});

test('down that is out of time says stopping', async (t) => {
  const starter = new Starter();
  starter.stopMs = 50;
  await starter.agent.up(1000);
  t.is((await starter.agent.down(5)).state, 'stopping');
  t.is((await starter.agent.down(1000)).state, 'down');
});

test('up that is out of time ends down, undone, and says why; the next one is a new start', async (t) => {
  const starter = new Starter();
  starter.startMs = 10_000;
  const late = await starter.agent.up(20);
  t.is(late.state, 'down');
  t.deepEqual(late.reasons, [{ code: 'timeout', text: 'It did not come up within 0.02 s.' }]);
  t.deepEqual(starter.told, ['start', 'given up']);
  starter.startMs = 0;
  t.is((await starter.agent.up(1000)).state, 'up');
  t.deepEqual(starter.agent.status().reasons, []);
});

test('down and up in one breath end up, with a stop in between', async (t) => {
  const starter = new Starter();
  await starter.agent.up(1000);
  await Promise.all([starter.agent.down(1000), starter.agent.up(1000)]);
  t.is(starter.agent.status().state, 'up');
  t.deepEqual(starter.told, ['start', 'stop', 'start']);
});

test('one call out of time does not take the start from another that still waits', async (t) => {
  const starter = new Starter();
  starter.startMs = 60;
  const patient = starter.agent.up(1000);
  t.is((await starter.agent.up(10)).state, 'starting');
  t.is((await patient).state, 'up');
});

test('a start that fails ends down with every cause in the reason, and the next one may succeed', async (t) => {
  const starter = new Starter();
  starter.failure = new Error('Cannot create bis0', { cause: new Error('EBUSY') });
  const status = await starter.agent.up(1000);
  t.is(status.state, 'down');
  t.deepEqual(status.reasons, [{ code: 'failed', text: 'Cannot create bis0: EBUSY' }]);
  starter.failure = undefined;
  t.is((await starter.agent.up(1000)).state, 'up');
});

test('a data path that is lost while it starts is no start', async (t) => {
  const starter = new Starter();
  starter.startMs = 10_000;
  const up = starter.agent.up(10_000);
  await sleep(5);
  starter.run?.onLost(new Error('A packet worker failed'));
  t.deepEqual(codes(await up), ['lost']);
});

test('what could not be undone is told', async (t) => {
  const starter = new Starter();
  starter.failures = [new Error('Cannot stop the packet workers', { cause: new Error('no answer') })];
  await starter.agent.up(1000);
  const { state, reasons } = await starter.agent.down(1000);
  t.is(state, 'down');
  t.deepEqual(reasons, [{ code: 'not-undone', text: 'Cannot stop the packet workers: no answer.' }]);
});

test('stop asks the process to end', (t) => {
  const { agent, told } = new Starter();
  agent.stop();
  t.deepEqual(told, ['told to end']);
});

test('an error is told with its causes', (t) => {
  t.is(explain(new Error('a', { cause: new Error('b', { cause: 'c' }) })), 'a: b: c');
  t.is(explain('d'), 'd');
});
