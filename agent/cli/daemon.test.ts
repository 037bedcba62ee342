/** `bis daemon` as a process that anybody may run: with `--down` it does nothing to the host. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { ControlClient } from '../control/client.ts';
import { launcher } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';

test('S8: SIGUSR1 opens no debugger, and ends nothing', async (t) => {
  const directory = temporaryDirectory(t);
  const runtime = join(directory, 'run');
  const words = ['daemon', '--down', '--runtime-dir', runtime, '--state-dir', join(directory, 'state')];
  const daemon = spawn(launcher, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  daemon.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = once(daemon, 'exit');
  const client = new ControlClient(runtime);
  const answers = async (): Promise<boolean> => (await client.status().catch(() => undefined)) !== undefined;
  try {
    for (let tries = 0; !(await answers()) && tries < 200; tries++) await wait(50);
    daemon.kill('SIGUSR1');
    await wait(500);
    t.true(await answers());
    t.notRegex(said, /Debugger/);
  } finally {
    daemon.kill('SIGTERM');
  }
  t.deepEqual(await ended, [0, null]);
});
