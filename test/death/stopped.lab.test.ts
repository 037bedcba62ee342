/**
 * A daemon that hangs and is not dead (S14): the whole process stopped for a minute, and its main thread alone. Questions go
 * their native way meanwhile, and all works when it goes on. Needs root and python3.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from '../../agent/testing/daemon-scene.ts';
import { SERVER } from '../lab/networks.ts';

/** S14: native within 5 s, synthesized again within 2 s; the rest is for asking on a busy machine. */
const NATIVE_MILLISECONDS = 5500;
const AGAIN_MILLISECONDS = 2500;
const MINUTE_SECONDS = 60;

async function up(t: ExecutionContext): Promise<DaemonScene> {
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  await scene.agent.start();
  t.is(await asks(scene), 'synthesized');
  return scene;
}

/** What a program is told that asks for the A record of a name that has only IPv6: the server itself has none. */
async function asks({ dual }: DaemonScene): Promise<string> {
  const argv = ['dig', '+noall', '+answer', '+comments', '+time=1', '+tries=1', `@${SERVER}`, 'six.example', 'A'];
  const { stdout } = await dual.run(argv);
  if (/\b10\.170\.\d+\.\d+$/m.test(stdout)) return 'synthesized';
  return /status: /.test(stdout) ? 'native' : 'nothing';
}

test.serial('S14: SIGSTOP for a minute: questions are answered natively all the time, then by us', async (t) => {
  t.timeout(150_000);
  const scene = await up(t);
  const before = await scene.dual.must(['ip', '-j', 'link', 'show', 'bis0']);
  const { daemon } = scene.agent;
  daemon.signal('SIGSTOP');
  const began = performance.now();
  t.is(await settlesAt(() => asks(scene), 'native', NATIVE_MILLISECONDS), 'native');
  for (let second = Math.ceil((performance.now() - began) / 1000); second < MINUTE_SECONDS; second++) {
    await sleep(Math.max(0, began + second * 1000 - performance.now()));
    t.is(await asks(scene), 'native', `after ${second} s`);
  }
  daemon.signal('SIGCONT');
  t.is(await settlesAt(() => asks(scene), 'synthesized', AGAIN_MILLISECONDS), 'synthesized');
  t.is(await fetches(scene), 'yes');
  t.is((await scene.agent.status())?.state, 'up');
  t.is(await scene.dual.must(['ip', '-j', 'link', 'show', 'bis0']), before, 'the same device');
});

test.serial('S14: the main thread hangs and packets are still handled: the same', async (t) => {
  t.timeout(60_000);
  const scene = await up(t);
  const { pid = 0 } = (await scene.agent.status()) ?? {};
  const freeze = ['python3', 'agent/testing/freeze-thread.py', `${pid}`, 'node-MainThread'];
  const freezer = scene.dual.start(freeze);
  await freezer.says(/frozen/);
  t.is(await settlesAt(() => asks(scene), 'native', NATIVE_MILLISECONDS), 'native');
  await sleep(2000);
  t.is(await asks(scene), 'native');
  await freezer.stop('SIGKILL');
  t.is(await settlesAt(() => asks(scene), 'synthesized', AGAIN_MILLISECONDS), 'synthesized');
  t.is(await fetches(scene), 'yes');
});
