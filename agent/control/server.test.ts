import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { FakeAgent, fakeStatus } from '../testing/fake-agent.ts';
import { openInstance, runtimePlace } from '../testing/test-instance.ts';
import { ControlClient } from './client.ts';
import type { ControlError } from './control-error.ts';
import { runtimePaths } from './runtime-directory.ts';
import { openControl } from './server.ts';

function mode(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

function leaveStale(path: string): void {
  const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program, path]);
}

test('what the agent says comes out at the other end', async (t) => {
  const { agent, runtimeDirectory } = await openInstance(t);
  const client = new ControlClient(runtimeDirectory);
  t.deepEqual(await client.status(), fakeStatus);
  t.deepEqual(await client.up(2.5), agent.status());
  t.is(agent.state, 'up');
  const row = {
    ipv4: '10.170.160.1',
    ipv6: '2001:db8::1',
    names: ['www\\.\\010.example'],
    ageSeconds: 5,
    promisedForSeconds: 115,
    lastPacketSecondsAgo: null,
    state: 'promised',
    packets: 0,
    octets: 0,
    isStranger: false,
  } as const;
  agent.rows = [row, { ...row, ipv4: '10.170.160.2' }, { ...row, ipv4: '10.170.160.3' }];
  t.deepEqual(await client.mappings(), agent.rows);
  await client.down(7);
  await client.stop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(agent.calls, ['up 2500', 'down 7000', 'stop']);
});

test('a call that goes wrong comes out as a sentence', async (t) => {
  const { agent, runtimeDirectory } = await openInstance(t);
  agent.up = () => Promise.reject(new Error('Cannot open /dev/net/tun'));
  await t.throwsAsync(new ControlClient(runtimeDirectory).up(1), { message: 'Cannot open /dev/net/tun' });
});

test.serial('S8: directories and sockets have their modes under any umask', async (t) => {
  for (const umask of [0o000, 0o022, 0o077, 0o777]) {
    const before = process.umask(umask);
    const runtimeDirectory = runtimePlace(t);
    const paths = runtimePaths(runtimeDirectory);
    const control = await openControl({ runtimeDirectory, agent: new FakeAgent() });
    t.is(process.umask(before), umask);
    t.is(mode(paths.directory), '755');
    t.is(mode(paths.controlDirectory), '750');
    t.is(mode(paths.controlSocket), '660');
    t.is(mode(paths.publicDirectory), '755');
    t.is(mode(paths.publicSocket), '666');
    t.is(mode(paths.lock), '600');
    await control.close();
    t.is(lstatSync(paths.controlSocket, { throwIfNoEntry: false }), undefined);
    t.is(lstatSync(paths.publicSocket, { throwIfNoEntry: false }), undefined);
  }
});

test('S8: a second daemon is refused in words, and the first goes on', async (t) => {
  const { runtimeDirectory } = await openInstance(t);
  const second = openControl({ runtimeDirectory, agent: new FakeAgent() });
  const error = await t.throwsAsync<ControlError>(second, { message: /^Another bis daemon \(pid \d+\) holds / });
  t.is(error?.code, 'already-running');
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
});

test('S8: when one closes, the next may open', async (t) => {
  const { control, runtimeDirectory } = await openInstance(t);
  await control.close();
  await control.close();
  const next = await openControl({ runtimeDirectory, agent: new FakeAgent() });
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  await next.close();
});

test('S8: what a killed daemon left is replaced, what answers is not', async (t) => {
  const runtimeDirectory = runtimePlace(t);
  const paths = runtimePaths(runtimeDirectory);
  mkdirSync(paths.controlDirectory, { recursive: true, mode: 0o755 });
  chmodSync(runtimeDirectory, 0o755);
  const other = createServer().listen(paths.controlSocket);
  await new Promise((resolve) => other.once('listening', resolve));
  const first = openControl({ runtimeDirectory, agent: new FakeAgent() });
  t.is((await t.throwsAsync<ControlError>(first))?.code, 'already-running');
  await new Promise((resolve) => other.close(resolve));
  t.is(lstatSync(paths.controlSocket, { throwIfNoEntry: false }), undefined, 'libuv has removed it');
  leaveStale(paths.controlSocket);
  rmSync(paths.lock);
  leaveStale(paths.lock);
  const second = await openControl({ runtimeDirectory, agent: new FakeAgent() }).catch((error) => error);
  t.is((second as ControlError).code, 'in-the-way', 'a socket where the lock belongs');
  rmSync(paths.lock);
  const third = await openControl({ runtimeDirectory, agent: new FakeAgent() });
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  await third.close();
});

test('S8: a symbolic link, a file or a directory in the way is refused and left as it was', async (t) => {
  const places = ['directory', 'controlDirectory', 'publicDirectory', 'controlSocket', 'publicSocket', 'lock'] as const;
  for (const name of places) {
    for (const kind of ['link', 'file', 'directory'] as const) {
      const isDirectory = name.toLowerCase().endsWith('directory');
      if (kind === 'directory' && isDirectory) continue;
      if (kind === 'file' && name === 'lock') continue;
      const runtimeDirectory = runtimePlace(t);
      const path = runtimePaths(runtimeDirectory)[name];
      mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
      const target = join(runtimeDirectory, '..', 'target');
      if (kind === 'link') symlinkSync(target, path);
      else if (kind === 'file') writeFileSync(path, 'mine');
      else mkdirSync(path);
      if (isDirectory) mkdirSync(target);
      const before = lstatSync(path);
      const error = await t.throwsAsync<ControlError>(openControl({ runtimeDirectory, agent: new FakeAgent() }));
      t.is(error?.code, 'in-the-way', `${name}: ${kind}`);
      t.is(lstatSync(path).ino, before.ino);
      t.is(lstatSync(join(target, 'control.sock'), { throwIfNoEntry: false }), undefined);
    }
  }
});

test('S8: a directory that others can write to is refused, and one whose sockets would have too long a path', async (t) => {
  const runtimeDirectory = runtimePlace(t);
  mkdirSync(runtimeDirectory);
  chmodSync(runtimeDirectory, 0o777);
  const writable = await t.throwsAsync<ControlError>(openControl({ runtimeDirectory, agent: new FakeAgent() }));
  t.is(writable?.code, 'unusable-directory');
  const long = `${runtimeDirectory}/${'x'.repeat(100)}`;
  await t.throwsAsync(openControl({ runtimeDirectory: long, agent: new FakeAgent() }), { message: /too long a path/ });
});

test('without a daemon, and without permission, the client says so', async (t) => {
  const runtimeDirectory = runtimePlace(t);
  const client = new ControlClient(runtimeDirectory);
  t.is((await t.throwsAsync<ControlError>(client.status()))?.code, 'not-running');
  t.is((await t.throwsAsync<ControlError>(client.up(1)))?.code, 'not-running');
});
