/** A daemon that slept, and a host whose way to its server changes: how soon names are answered again. Needs root. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { SERVER } from '../test/lab/networks.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** Within a second (D9), with the time that asking takes here. */
const SOON_MILLISECONDS = 1500;
/** Elements of the table live for 4 s, S14 allows 5, and the rest is for a busy machine. */
const STUCK_MILLISECONDS = 5500;

let scene: DaemonScene;
test.before(async () => {
  scene = await setDaemonScene();
  await scene.agent.start();
});
test.after.always(() => scene?.lab.demolish());

/** What a program is told that asks for the A record of a name that has only IPv6. */
async function dig(): Promise<string> {
  const argv = ['dig', '+short', '+time=1', '+tries=1', `@${SERVER}`, 'six.example', 'A'];
  const { stdout } = await scene.dual.run(argv);
  return /^10\.170\./.test(stdout) ? 'synthesized' : stdout.trim() || 'nothing';
}

test.serial(
  'S14, D9: a daemon that is stopped lets questions through, and answers at once when it goes on',
  async (t) => {
    t.is(await dig(), 'synthesized');
    scene.agent.daemon.signal('SIGSTOP');
    t.is(await settlesAt(dig, 'nothing', STUCK_MILLISECONDS), 'nothing');
    await sleep(2000);
    scene.agent.daemon.signal('SIGCONT');
    t.is(await settlesAt(dig, 'synthesized', SOON_MILLISECONDS), 'synthesized');
    await scene.agent.daemon.says(/Time has passed unseen/, 2000);
  },
);

test.serial('D9: a link that goes down and comes back, and another address: answered again soon', async (t) => {
  await scene.dual.must(['ip', 'link', 'set', 'eth0', 'down']);
  await sleep(1000);
  await scene.dual.must(['ip', 'link', 'set', 'eth0', 'up']);
  await scene.dual.must(['ip', '-6', 'address', 'add', '2001:db8:6::77/64', 'dev', 'eth0', 'nodad']);
  await scene.dual.must(['ip', '-6', 'route', 'replace', 'default', 'via', SERVER]);
  t.is(await settlesAt(dig, 'synthesized', SOON_MILLISECONDS), 'synthesized');
});
