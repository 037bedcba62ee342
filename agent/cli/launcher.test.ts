/** The launcher `agent/bis`: links, environments, what is missing, and what it refuses (requirement S10). */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { launcher, run } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';

test('the launcher works through links, with any PATH, from any directory', async (t) => {
  const directory = temporaryDirectory(t);
  symlinkSync(launcher, join(directory, 'one'));
  symlinkSync('one', join(directory, 'two with space'));
  for (const env of [{}, { PATH: '' }, { PATH: '/nonexistent' }, { PATH: '/usr/bin', CDPATH: '/usr' }]) {
    const outcome = await run(['./two with space', '--version'], { cwd: directory, env });
    t.deepEqual(outcome, { code: 0, stdout: '0.1.0\n', stderr: '' });
  }
  const relative = await run(['/bin/sh', 'one', '--version'], { cwd: directory });
  t.is(relative.stdout, '0.1.0\n');
});

test('the launcher says what to run where nothing is installed, and takes a bundle that is there', async (t) => {
  const directory = temporaryDirectory(t);
  const { cwd, copy } = { cwd: directory, copy: join(directory, 'agent', 'bis') };
  await run(['/bin/mkdir', 'agent', 'install'], { cwd });
  await run(['/bin/cp', launcher, copy]);
  const bare = await run([copy, '--version']);
  t.deepEqual(bare, {
    code: 1,
    stdout: '',
    stderr: `bis: its packages are not installed yet; run 'npm ci' in ${directory}\n`,
  });
  writeFileSync(join(directory, 'agent', 'bis.mjs'), '');
  writeFileSync(join(directory, 'install', 'node'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  const bundled = await run([copy, 'a b', 'c']);
  t.is(bundled.stdout, `--disable-sigusr1 ${directory}/agent/bis.mjs a b c\n`);
});

test('S10: as root, NODE_OPTIONS is refused before Node has seen it', async (t) => {
  const directory = temporaryDirectory(t);
  const loaded = join(directory, 'loaded');
  const hostile = join(directory, 'hostile.cjs');
  writeFileSync(hostile, `require('fs').writeFileSync(${JSON.stringify(loaded)}, '')`);
  const env = { NODE_OPTIONS: `--require=${hostile}` };
  const outcome = await run([launcher, '--version'], { env });
  const exists = await run(['/bin/ls', loaded]);
  if (process.geteuid?.() === 0) {
    t.is(outcome.code, 1);
    t.is(outcome.stderr, 'bis: refuses to run as root with NODE_OPTIONS set; unset it\n');
    t.not(exists.code, 0, 'the file was loaded');
  } else {
    t.is(outcome.code, 0);
    t.is(exists.code, 0, 'a user may do with Node what they like');
  }
});

test('S10: as root, the daemon refuses NODE_OPTIONS also without the launcher', async (t) => {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const env = { NODE_OPTIONS: '--no-warnings' };
  const { code, stderr } = await run([process.execPath, main, 'daemon', '--config', '/nonexistent'], { env });
  t.is(code, process.geteuid?.() === 0 ? 1 : 2);
  t.regex(stderr, process.geteuid?.() === 0 ? /NODE_OPTIONS/ : /cannot be read/);
});
