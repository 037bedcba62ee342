/** A data path that is lost: withdrawn at once, started again, given up after ten times. Needs root. */
import test from 'ava';
import { becomes, type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** The A records a program gets for the name: a spool address, or none, as the server itself answers. */
async function asks({ dual }: DaemonScene): Promise<string> {
  const { stdout } = await dual.run(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'A']);
  return stdout.trim();
}

/** Most of the time until it is up again it computes, and shares the processors with whatever else runs. */
const AGAIN_MILLISECONDS = 30_000;

/** What became of the data path, by the daemon's own log: a word for each event, and the pause before each start. */
function story(log: string): string[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  return lines.flatMap((line) => {
    const { msg, pauseMilliseconds } = JSON.parse(line) as { msg: string; pauseMilliseconds?: number };
    if (msg === 'The data path was lost') return ['lost'];
    if (msg === 'It is started again') return [`again after ${pauseMilliseconds} ms`];
    return msg === 'Up' || msg === 'Cannot come up' ? [msg] : [];
  });
}

test.serial('S5: a device that is removed is there again, ten times; then it is down, and says so', async (t) => {
  t.timeout(400_000);
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
    t.is(await settlesAt(() => fetches(scene), 'yes', AGAIN_MILLISECONDS), 'yes', `${time}`);
    t.log(`${time}: ${(performance.now() - began).toFixed(0)} ms until a new connection has worked`);
    t.is(await becomes(scene, 'up', AGAIN_MILLISECONDS), 'up');
    t.is(await asks(scene), address, 'the same address stands for the same peer');
    await client.stop('SIGKILL');
  }
  const pauses = [50, 100, 150, 200, 250, 300, 350, 400, 450, 500];
  t.deepEqual(story(daemon.stderr + daemon.stdout), [
    'Up',
    ...pauses.flatMap((pause) => ['lost', `again after ${pause} ms`, 'Up']),
  ]);
  await dual.must(['ip', 'link', 'del', 'bis0']);
  t.is(await becomes(scene, 'down: lost', AGAIN_MILLISECONDS), 'down: lost');
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
