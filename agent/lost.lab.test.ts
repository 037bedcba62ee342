/** A data path that is lost: withdrawn at once, started again, given up after ten times. Needs root. */
import test from 'ava';
import { becomes, type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** The A records a program gets for the name: a spool address, or none, as the server itself answers. */
async function asks({ dual }: DaemonScene): Promise<string> {
  const { stdout } = await dual.run(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'A']);
  return stdout.trim();
}

/** Within this it is up again, whichever pause comes before (S5). */
const AGAIN_MILLISECONDS = 2000;

/** How long it was not up, for each time that the data path was lost, by the times in the daemon's own log: milliseconds. */
function outages(log: string): number[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line) as { time: string; msg: string });
  const found: number[] = [];
  let lostAt = Number.NaN;
  for (const { time, msg } of events) {
    if (msg === 'The data path was lost') lostAt = Date.parse(time);
    if (msg !== 'Up' || Number.isNaN(lostAt)) continue;
    found.push(Date.parse(time) - lostAt);
    lostAt = Number.NaN;
  }
  return found;
}

test.serial('S5: a device that is removed is there again soon, ten times; then it is down, and says so', async (t) => {
  t.timeout(90_000);
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  const { agent, dual } = scene;
  const before = await dual.snapshot();
  const daemon = await agent.start();
  const address = await asks(scene);
  t.regex(address, /^10\./);
  const download = ['curl', '-sS', '-4', '-o', '/dev/null', 'http://six.example/bytes/100000000000'];
  for (let time = 1; time <= 10; time++) {
    const client = dual.start(download);
    await settlesAt(async () => (/tcp.*ESTAB/.test((await dual.run(['ss', '-tn'])).stdout) ? 'yes' : 'no'), 'yes');
    const began = performance.now();
    await dual.must(['ip', 'link', 'del', 'bis0']);
    t.is(await settlesAt(async () => `${(await dual.run(['ip', 'link', 'show', 'bis0'])).status}`, '0', 6000), '0');
    t.is(await settlesAt(() => fetches(scene), 'yes', 5000), 'yes', `${time}`);
    t.log(`${time}: ${(performance.now() - began).toFixed(0)} ms until a new connection has worked`);
    t.is(await becomes(scene, 'up'), 'up');
    t.is(await asks(scene), address, 'the same address stands for the same peer');
    await client.stop('SIGKILL');
  }
  const times = outages(daemon.stderr + daemon.stdout);
  t.is(times.length, 10);
  t.log(`not up for ${times.join(', ')} ms`);
  for (const [index, time] of times.entries()) t.true(time <= AGAIN_MILLISECONDS, `${index + 1}: ${time} ms`);
  await dual.must(['ip', 'link', 'del', 'bis0']);
  t.is(await becomes(scene, 'down: lost'), 'down: lost');
  t.is(await asks(scene), '', 'the server itself answers');
  t.regex(daemon.stderr + daemon.stdout, /lost too often: it is not started again/);
  t.is((await agent.tell('up')).status, 0);
  t.is(await fetches(scene), 'yes');
  t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await dual.differencesSince(before, 1000), []);
});

test.serial('S14: with a worker that is stuck for good, the process ends, and the host is as it was', async (t) => {
  t.timeout(60_000);
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  const { agent, dual } = scene;
  const before = await dual.snapshot();
  const daemon = await agent.start();
  t.is(await fetches(scene), 'yes');
  const { pid = 0 } = (await agent.status()) ?? {};
  const freezer = scene.lab.host('dual').start(['python3', 'agent/testing/freeze-thread.py', `${pid}`, 'WorkerThread']);
  await freezer.says(/frozen/);
  t.is(await settlesAt(() => asks(scene), '', 10_000), '', 'names answer natively first');
  t.is(await settlesAt(async () => String(daemon.isRunning), 'false', 30_000), 'false');
  t.regex(daemon.stderr + daemon.stdout, /A packet worker has not answered for 10 s/);
  await freezer.stop('SIGKILL');
  t.deepEqual(await dual.differencesSince(before, 1000), []);
});
