/** Users who may not reach IPv6 peers through the bump (S16). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { fetches, setDaemonScene } from './testing/daemon-scene.ts';

const DENIED = 64_533;

test.serial('S16: a denied user is refused at once, everybody else is served, and nothing is left', async (t) => {
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  const { dual, agent, lab } = scene;
  const before = await dual.snapshot();
  const file = path.join(lab.directory, 'deny.toml');
  fs.writeFileSync(file, `[uplink]\ndenyUsers = [${DENIED}]\n`);
  const daemon = await agent.start(10_000, '--config', file);
  const as = (user: number): string[] => ['setpriv', `--reuid=${user}`, '--clear-groups'];
  const curl = ['curl', '-sS', '-4', '--max-time', '5', '-o', '/dev/null', 'http://six.example/'];
  t.is(await fetches(scene), 'yes');
  t.is((await dual.run([...as(DENIED + 1), ...curl])).status, 0);
  const { status, stderr, milliseconds } = await dual.run([...as(DENIED), ...curl]);
  t.is(status, 7, stderr);
  t.true(milliseconds < 4000, 'it is told, and need not wait');
  await daemon.stop('SIGTERM', 5000);
  t.deepEqual(await dual.differencesSince(before, 1000), []);
});
