/** The daemon as a process: how it starts, ends, dies, and who it lets in beside it. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { guardTable } from '../install/testing/guard-tables.ts';
import { SERVER } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { bis } from '../test/lab/tools.ts';
import { type DaemonScene, fetches, inShort, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** What `down` undoes: the daemon and its sockets stay. */
const own = ['addresses', 'routes', 'rules', 'nft', 'sysctls', 'resolvConf'] as const;

let scene: DaemonScene;
let before: Snapshot;
test.afterEach.always(async () => {
  await scene.agent.tell('stop');
});
test.before(async () => {
  scene = await setDaemonScene();
  before = await scene.dual.snapshot();
});
test.after.always(() => scene?.lab.demolish());

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test.serial(`S5: ${signal} ends the daemon in order and leaves the host as it was`, async (t) => {
    const daemon = await scene.agent.start();
    t.is(await fetches(scene), 'yes');
    const { status, stderr, milliseconds } = await daemon.stop(signal, 8000);
    t.is(status, 0, stderr);
    t.true(milliseconds > 0);
    t.deepEqual(await scene.dual.differencesSince(before, 0), []);
  });
}

test.serial('SIGTERM while it starts gives the start up and leaves the host as it was', async (t) => {
  for (const delay of [200, 350, 500]) {
    const directories = ['--state-dir', `${scene.lab.directory}/s`, '--runtime-dir', `${scene.lab.directory}/r`];
    const daemon = scene.dual.start([bis, 'daemon', ...directories]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await daemon.stop('SIGTERM', 8000);
    t.deepEqual(await scene.dual.differencesSince(before, 1000), [], `after ${delay} ms`);
  }
});

test.serial('--down waits to be told; up, down and up again do what they say', async (t) => {
  const daemon = await scene.agent.start(10_000, '--down');
  t.deepEqual(await scene.dual.differencesSince(before, 0, own), []);
  for (let round = 0; round < 2; round++) {
    t.is((await scene.agent.tell('up')).status, 0);
    t.is(await fetches(scene), 'yes');
    t.is((await scene.agent.tell('down')).status, 0);
    t.deepEqual(await scene.dual.differencesSince(before, 0, own), []);
  }
  t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
});

test.serial(
  'a question from the port of one that was caught before is caught as well, after down and up',
  async (t) => {
    const daemon = await scene.agent.start(10_000, '--down');
    const ask = ['dig', '+short', '+time=1', '+tries=1', '-b', '::#40053', `@${SERVER}`, 'six.example', 'A'];
    for (let round = 0; round < 3; round++) {
      t.is((await scene.agent.tell('up')).status, 0);
      t.regex((await scene.dual.run(ask)).stdout, /^10\.170\./, `round ${round}`);
      t.is((await scene.agent.tell('down')).status, 0);
      t.is((await scene.dual.run(ask)).stdout, '', 'natively: there is no such record');
    }
    t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
  },
);

test.serial('two calls of up at once get one answer', async (t) => {
  const daemon = await scene.agent.start(10_000, '--down');
  const both = await Promise.all([scene.agent.tell('up'), scene.agent.tell('up')]);
  t.deepEqual(
    both.map(({ status }) => status),
    [0, 0],
  );
  await daemon.stop('SIGTERM', 5000);
});

test.serial('up that is out of time is undone, and says so', async (t) => {
  const daemon = await scene.agent.start(10_000, '--down');
  const { status, stderr } = await scene.agent.tell('up', '--timeout', '0.02');
  t.is(status, 1);
  t.regex(stderr, /did not come up within/);
  t.deepEqual(await scene.dual.differencesSince(before, 500, own), []);
  t.is((await scene.agent.tell('up')).status, 0, 'and the next one is a new start');
  await daemon.stop('SIGTERM', 5000);
});

test.serial('a second daemon in the namespace is refused and the first does not notice', async (t) => {
  const first = await scene.agent.start();
  const other = (...words: string[]) =>
    scene.dual.run([
      bis,
      ...words,
      '--state-dir',
      `${scene.lab.directory}/s2`,
      '--runtime-dir',
      `${scene.lab.directory}/r2`,
    ]);
  const rules = await scene.dual.must(['nft', '-s', 'list', 'tables']);
  const { status, stdout, stderr } = await other('daemon');
  t.is(status, 1);
  t.regex(
    stdout + stderr,
    /Cannot create the nft tables bis: they are there, so another agent runs in this network namespace/,
  );
  t.is(await scene.dual.must(['nft', '-s', 'list', 'tables']), rules);
  t.is(inShort(await scene.agent.status()), 'up');
  t.is(await fetches(scene), 'yes');
  t.is((await first.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await scene.dual.differencesSince(before, 0), []);
});

test.serial('S5: a daemon that is started the moment another was killed comes up', async (t) => {
  for (let round = 0; round < 3; round++) {
    await (await scene.agent.start()).stop('SIGKILL');
    const { status, stdout, stderr } = await scene.agent.up();
    t.is(status, 0, stdout + stderr);
    t.is((await scene.agent.tell('stop')).status, 0);
  }
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial('a device of that name that is somebody else’s is left alone', async (t) => {
  await scene.dual.must(['ip', 'tuntap', 'add', 'dev', 'bis0', 'mode', 'tun']);
  const daemon = await scene.agent.start(10_000, '--down');
  const { status, stderr } = await scene.agent.tell('up');
  t.is(status, 1);
  t.regex(stderr, /Cannot create bis0: File exists/);
  await daemon.stop('SIGTERM', 5000);
  await scene.dual.must(['ip', 'tuntap', 'del', 'dev', 'bis0', 'mode', 'tun']);
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

/** The janitor of the daemon that runs. */
async function janitorOf({ dual }: DaemonScene): Promise<number> {
  const line = (await dual.snapshot()).processes.find((each) => each.includes('/install/janitor.js '));
  return Number(/^\d+/.exec(line ?? '')?.[0]);
}

test.serial('S5: SIGKILL leaves nothing: the janitor puts back what does not go by itself', async (t) => {
  const killed = await scene.agent.start();
  t.is(await fetches(scene), 'yes');
  await killed.stop('SIGKILL');
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial('S5: a janitor that is killed is replaced, and the next one does the same', async (t) => {
  const killed = await scene.agent.start();
  const first = await janitorOf(scene);
  process.kill(first, 'SIGKILL');
  const replaced = async (): Promise<string> => {
    const pid = await janitorOf(scene);
    return pid > 0 && pid !== first ? 'yes' : `${pid}`;
  };
  t.is(await settlesAt(replaced, 'yes'), 'yes');
  t.is(await fetches(scene), 'yes');
  await killed.stop('SIGKILL');
  t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
});

test.serial(
  'S5: with the janitor dead too, the guard stays as long as the uplink forwards; `bis restore` ends both',
  async (t) => {
    const killed = await scene.agent.start();
    t.is(await fetches(scene), 'yes');
    process.kill(await janitorOf(scene), 'SIGKILL');
    await killed.stop('SIGKILL');
    const force = ['cat', '/proc/sys/net/ipv6/conf/eth0/force_forwarding'];
    t.is(await scene.dual.must(force), '1\n');
    t.regex(await scene.dual.must(['nft', 'list', 'table', ...guardTable('ip6')]), /elements = \{ "eth0" \}/);
    const { status, stdout, stderr } = await scene.agent.tell('restore');
    t.is(status, 0, stderr);
    t.regex(stdout, /set \/proc\/sys\/net\/ipv6\/conf\/eth0\/force_forwarding to 1/);
    t.deepEqual(await scene.dual.differencesSince(before, 1000), []);
    t.is((await scene.agent.tell('restore')).stdout, 'Nothing was left to undo\n');
  },
);

test.serial('S5: `bis restore` is refused while a daemon is running', async (t) => {
  const daemon = await scene.agent.start();
  const { status, stderr } = await scene.agent.tell('restore');
  t.is(status, 1);
  t.regex(stderr, /Another bis daemon \(pid \d+\) holds/);
  t.is(await fetches(scene), 'yes');
  t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
});

test.serial('S5: what both left is undone by the next start, too', async (t) => {
  const killed = await scene.agent.start();
  process.kill(await janitorOf(scene), 'SIGKILL');
  await killed.stop('SIGKILL');
  const next = await scene.agent.start();
  t.is(await fetches(scene), 'yes');
  t.is((await next.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await scene.dual.differencesSince(before, 0), []);
});

test.serial(
  'S14: a daemon that hangs does not catch questions for longer than 5 s, and does again when it wakes',
  async (t) => {
    t.timeout(40_000);
    const daemon = await scene.agent.start();
    const asks = async (): Promise<string> =>
      (await scene.dual.run(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'AAAA'])).stdout.trim();
    daemon.signal('SIGSTOP');
    const deadline = performance.now() + 7000;
    let answer = '';
    while (performance.now() < deadline && answer !== '2001:db8:6::2') answer = await asks();
    t.is(answer, '2001:db8:6::2', 'the server answers itself');
    daemon.signal('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    t.is(await fetches(scene), 'yes');
    t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
    t.deepEqual(await scene.dual.differencesSince(before, 0), []);
  },
);

test.serial('two queues are two workers, and both end', async (t) => {
  const file = path.join(scene.lab.directory, 'two-queues.toml');
  fs.writeFileSync(file, '[device]\nqueues = 2\n');
  const daemon = await scene.agent.start(10_000, '--config', file);
  t.is((await scene.agent.status())?.device?.queues, 2);
  const fetched = await Promise.all(Array.from({ length: 8 }, () => fetches(scene, 100_000)));
  t.deepEqual(fetched, new Array(8).fill('yes'));
  t.is((await daemon.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await scene.dual.differencesSince(before, 0), []);
});

test.serial('two daemons in two namespaces know nothing of each other', async (t) => {
  const other = await setDaemonScene();
  t.teardown(() => other.lab.demolish());
  const daemons = await Promise.all([scene.agent.start(), other.agent.start()]);
  t.deepEqual(await Promise.all([fetches(scene), fetches(other)]), ['yes', 'yes']);
  await daemons[0]?.stop('SIGTERM', 5000);
  t.is(await fetches(other), 'yes');
  await daemons[1]?.stop('SIGTERM', 5000);
});
