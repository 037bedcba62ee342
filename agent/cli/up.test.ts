import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { ControlClient } from '../control/client.ts';
import { makeRuntimeDirectory, runtimePaths } from '../control/runtime-directory.ts';
import { bis, type Outcome, run } from '../testing/run-bis.ts';
import { runtimePlace } from '../testing/test-instance.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Runs `up` as `bis up` does, with a fake daemon in the place of the real one. */
function upWith(runtimeDirectory: string, timeout: number, ...daemon: string[]): Promise<Outcome> {
  const options = { runtimeDir: runtimeDirectory, stateDir: '/nonexistent', timeout };
  const argv = [process.execPath, here('../testing/fake-daemon.ts'), runtimeDirectory, ...daemon];
  const program = `
    const { up } = await import(${JSON.stringify(here('up.ts'))});
    const { finish } = await import(${JSON.stringify(here('command.ts'))});
    await finish(() => up(${JSON.stringify(options)}, ${JSON.stringify(argv)}));
  `;
  return run([process.execPath, '--input-type=module', '-e', program]);
}

/** A runtime directory; daemons that are left in it are stopped after the test, those too that waited for another to end. */
function place(t: ExecutionContext): string {
  const runtimeDirectory = runtimePlace(t);
  t.teardown(async () => {
    for (let tries = 0; tries < 20; tries++) {
      await bis('stop', '--runtime-dir', runtimeDirectory);
      if (processesNaming(runtimeDirectory).length === 0) return;
    }
  });
  return runtimeDirectory;
}

/** The processes with `word` in their command line (proc(5)). */
function processesNaming(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
}

test('up starts a daemon in a session of its own, which outlives it and which stop ends', async (t) => {
  const runtimeDirectory = place(t);
  t.deepEqual(await upWith(runtimeDirectory, 20, 'up'), { code: 0, stdout: 'bis is up\n', stderr: '' });
  const { state, pid } = await new ControlClient(runtimeDirectory).status();
  t.is(state, 'up');
  const [, , , , , session] = readFileSync(`/proc/${pid}/stat`, 'ascii').split(' ');
  t.is(Number(session), pid);
  t.is(statSync(runtimePaths(runtimeDirectory).log).mode & 0o777, 0o600);
  const environment = readFileSync(`/proc/${pid}/environ`, 'ascii').split('\0').filter(Boolean);
  t.deepEqual(environment, ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], 'S9');
  t.is((await upWith(runtimeDirectory, 20, 'up')).code, 0, 'with one that runs');
  const other = await bis('up', '--config', '/etc/other.toml', '--runtime-dir', runtimeDirectory);
  t.is(other.stderr, `bis: The daemon that runs (pid ${pid}) keeps its configuration; \`bis stop\` ends it\n`);
  t.is((await new ControlClient(runtimeDirectory).status()).pid, pid);
  t.is((await bis('down', '--runtime-dir', runtimeDirectory)).code, 0);
  t.is((await bis('status', '--runtime-dir', runtimeDirectory)).code, 3);
  t.is((await bis('stop', '--runtime-dir', runtimeDirectory)).code, 0);
  t.is((await bis('stop', '--runtime-dir', runtimeDirectory)).code, 3);
});

test('up that ends degraded says why and exits 4', async (t) => {
  const outcome = await upWith(place(t), 20, 'degraded');
  t.is(outcome.code, 4);
  t.regex(outcome.stdout, /degraded:\n {2}! The chain FORWARD drops what bis0 forwards\n {4}nft add rule x\n/);
});

test('up that fails says why and ends the daemon it started', async (t) => {
  const runtimeDirectory = place(t);
  const outcome = await upWith(runtimeDirectory, 20, 'down');
  t.is(outcome.code, 1);
  t.regex(outcome.stderr, /^bis: Cannot start translating\nbis: {3}! The chain FORWARD drops/);
  t.is((await bis('status', '--runtime-dir', runtimeDirectory)).code, 3);
  const why = await bis('status', '--runtime-dir', runtimeDirectory);
  t.regex(why.stderr, /No bis daemon is running/);
});

test('up with a daemon that dies shows the end of its log, without what older ones wrote', async (t) => {
  const runtimeDirectory = place(t);
  makeRuntimeDirectory(runtimeDirectory);
  writeFileSync(runtimePaths(runtimeDirectory).log, 'from before\n');
  t.deepEqual(await upWith(runtimeDirectory, 20, 'up', 'dies'), {
    code: 1,
    stdout: '',
    stderr: [
      'bis: The daemon ended with exit status 1',
      'bis:   starting',
      'bis:   Cannot start: Cannot open /dev/net/tun\\x1b[2J',
      '',
    ].join('\n'),
  });
});

test('up with a daemon that never answers gives up in time and leaves none behind', async (t) => {
  const runtimeDirectory = place(t);
  const start = Date.now();
  const outcome = await upWith(runtimeDirectory, 1, 'up', 'hangs');
  t.is(outcome.code, 1);
  t.regex(outcome.stderr, /^bis: The daemon did not answer within 1 s\n$/);
  t.true(Date.now() - start < 10_000);
  t.deepEqual(processesNaming(runtimeDirectory), []);
});

test('two at once end with one daemon, and both say it is up', async (t) => {
  const runtimeDirectory = place(t);
  const outcomes = await Promise.all([1, 2, 3].map(() => upWith(runtimeDirectory, 20, 'up')));
  for (const outcome of outcomes) t.deepEqual(outcome, { code: 0, stdout: 'bis is up\n', stderr: '' });
});

test('S8: a log that is a link is not written to', async (t) => {
  const runtimeDirectory = place(t);
  const paths = makeRuntimeDirectory(runtimeDirectory);
  const target = join(runtimeDirectory, '..', 'target');
  writeFileSync(target, 'mine');
  symlinkSync(target, paths.log);
  const outcome = await upWith(runtimeDirectory, 20, 'up');
  t.is(outcome.code, 1);
  t.regex(outcome.stderr, /^bis: Cannot write .*daemon\.log: ELOOP/);
  t.is(readFileSync(target, 'utf8'), 'mine');
});
