import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Status } from './agent.ts';
import { ControlClient } from './client.ts';
import type { ControlError } from './control-error.ts';
import { FakeAgent, fakeStatus } from './fake-agent.ts';
import type { Limits } from './http-server.ts';
import { runtimePaths } from './runtime-directory.ts';
import { openControl } from './server.ts';

/** A runtime directory that is not there yet, in one that is removed after the test. */
function place(t: { teardown(undo: () => void): void }): string {
  const parent = mkdtempSync(join(tmpdir(), 'bis-control-'));
  chmodSync(parent, 0o755);
  t.teardown(() => rmSync(parent, { recursive: true }));
  return join(parent, 'run');
}

async function opened(t: { teardown(undo: () => void): void }, limits: Partial<Limits> = {}) {
  const runtimeDirectory = place(t);
  const agent = new FakeAgent();
  const control = await openControl({ runtimeDirectory, agent, limits });
  t.teardown(() => control.close());
  return { agent, control, runtimeDirectory, paths: runtimePaths(runtimeDirectory) };
}

/** Sends octets as they are; resolves to all that comes back until the server closes. */
function exchange(socketPath: string, octets: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    if (octets.length > 0) socket.write(octets);
  });
}

function mode(path: string): string {
  return (lstatSync(path).mode & 0o777).toString(8);
}

test('what the agent says comes out at the other end', async (t) => {
  const { agent, runtimeDirectory } = await opened(t);
  const client = new ControlClient(runtimeDirectory);
  t.deepEqual(await client.status(), fakeStatus);
  t.deepEqual(await client.up(2.5), agent.status());
  t.is(agent.state, 'up');
  agent.rows = [
    {
      ipv4: '10.170.160.1',
      ipv6: '2001:db8::1',
      names: ['www\\.\\010.example'],
      ageSeconds: 5,
      promisedForSeconds: 115,
      lastPacketSecondsAgo: null,
      state: 'promised',
    },
  ];
  t.deepEqual(await client.mappings(), agent.rows);
  await client.down(7);
  await client.stop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(agent.calls, ['up 2500', 'down 7000', 'stop']);
});

test('a call that goes wrong comes out as a sentence', async (t) => {
  const { agent, runtimeDirectory } = await opened(t);
  agent.up = () => Promise.reject(new Error('Cannot open /dev/net/tun'));
  await t.throwsAsync(new ControlClient(runtimeDirectory).up(1), { message: 'Cannot open /dev/net/tun' });
});

test.serial('S8: directories and sockets have their modes under any umask', async (t) => {
  for (const umask of [0o000, 0o022, 0o077, 0o777]) {
    const before = process.umask(umask);
    const runtimeDirectory = place(t);
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

test('S8: on the public socket nothing can be changed', async (t) => {
  const { agent, paths } = await opened(t);
  for (const path of ['up', 'down', 'stop']) {
    const answer = await exchange(paths.publicSocket, `POST /v1/${path} HTTP/1.1\r\nHost: bis\r\n\r\n`);
    t.regex(answer, /^HTTP\/1\.1 404 /);
  }
  t.regex(await exchange(paths.publicSocket, 'GET /v1/status HTTP/1.1\r\nHost: bis\r\n\r\n'), /"state":"down"/);
  t.regex(await exchange(paths.publicSocket, 'GET /v1/mappings HTTP/1.1\r\nHost: bis\r\n\r\n'), /"mappings":\[\]/);
  t.deepEqual(agent.calls, []);
});

test('S8: a second daemon is refused in words, and the first goes on', async (t) => {
  const { runtimeDirectory } = await opened(t);
  const second = openControl({ runtimeDirectory, agent: new FakeAgent() });
  const error = await t.throwsAsync<ControlError>(second, { message: /^Another bis daemon \(pid \d+\) holds / });
  t.is(error?.code, 'already-running');
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
});

test('S8: when one closes, the next may open', async (t) => {
  const { control, runtimeDirectory } = await opened(t);
  await control.close();
  await control.close();
  const next = await openControl({ runtimeDirectory, agent: new FakeAgent() });
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  await next.close();
});

test('S8: what a killed daemon left is replaced, what answers is not', async (t) => {
  const runtimeDirectory = place(t);
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

/** Leaves a socket behind on which nobody listens, as SIGKILL does. */
function leaveStale(path: string): void {
  const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program, path]);
}

test('S8: a symbolic link, a file or a directory in the way is refused and left as it was', async (t) => {
  const places = ['directory', 'controlDirectory', 'publicDirectory', 'controlSocket', 'publicSocket', 'lock'] as const;
  for (const name of places) {
    for (const kind of ['link', 'file', 'directory'] as const) {
      const isDirectory = name.toLowerCase().endsWith('directory');
      if (kind === 'directory' && isDirectory) continue;
      if (kind === 'file' && name === 'lock') continue;
      const runtimeDirectory = place(t);
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
  const runtimeDirectory = place(t);
  mkdirSync(runtimeDirectory);
  chmodSync(runtimeDirectory, 0o777);
  const writable = await t.throwsAsync<ControlError>(openControl({ runtimeDirectory, agent: new FakeAgent() }));
  t.is(writable?.code, 'unusable-directory');
  const long = `${runtimeDirectory}/${'x'.repeat(100)}`;
  await t.throwsAsync(openControl({ runtimeDirectory: long, agent: new FakeAgent() }), { message: /too long a path/ });
});

test('S8: a body over 64 KiB is refused, one of 64 KiB is read', async (t) => {
  const { paths, agent } = await opened(t);
  const body = (length: number) => `{"timeoutSeconds": 1${' '.repeat(length - 21)}}`;
  const post = (length: number, header: string, text: string) =>
    exchange(paths.controlSocket, `POST /v1/up HTTP/1.1\r\nHost: bis\r\n${header}\r\n\r\n${text}`).then((answer) => {
      t.regex(answer, length > 65536 ? /^HTTP\/1\.1 413 / : /^HTTP\/1\.1 200 /, `${length} ${header}`);
    });
  for (const length of [65536, 65537]) {
    await post(length, `Content-Length: ${length}`, body(length));
    const chunk = `${length.toString(16)}\r\n${body(length)}\r\n0\r\n\r\n`;
    await post(length, 'Transfer-Encoding: chunked', chunk);
  }
  t.deepEqual(agent.calls, ['up 1000', 'up 1000']);
});

test('S8: bodies that are not what they should be are refused in words', async (t) => {
  const { paths, agent } = await opened(t);
  for (const body of [
    'x',
    '[]',
    '{"timeoutSeconds":0}',
    '{"timeoutSeconds":"1"}',
    '{"timeout":1}',
    '7',
    '{"timeoutSeconds":1e9}',
  ]) {
    const header = `POST /v1/up HTTP/1.1\r\nHost: bis\r\nContent-Length: ${body.length}\r\n\r\n`;
    t.regex(await exchange(paths.controlSocket, header + body), /^HTTP\/1\.1 400 [\s\S]*"code":"bad-request"/, body);
  }
  t.deepEqual(agent.calls, []);
});

test('S8: clients that send slowly or nothing are cut off, and others are answered meanwhile', async (t) => {
  const { paths, runtimeDirectory } = await opened(t, { clientMs: 300 });
  const start = Date.now();
  const slow = [
    '',
    'GET /v1/sta',
    'GET /v1/status HTTP/1.1\r\nHost: b',
    'POST /v1/up HTTP/1.1\r\nHost: bis\r\nContent-Length: 10\r\n\r\n{',
  ].map((octets) => exchange(paths.controlSocket, octets));
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  for (const answer of await Promise.all(slow)) t.notRegex(answer, /^HTTP\/1\.1 200/);
  t.true(Date.now() - start < 3000);
});

test('S8: a client that does not take its answer is cut off', async (t) => {
  const { agent, paths } = await opened(t, { clientMs: 300 });
  agent.status = () => ({ ...fakeStatus, uplinks: ['x'.repeat(8 * 1024 * 1024)] }) satisfies Status;
  const socket = connect(paths.controlSocket);
  socket.on('error', () => {});
  socket.write('GET /v1/status HTTP/1.1\r\nHost: bis\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  let length = 0;
  socket.on('data', (chunk) => {
    length += chunk.length;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  t.true(length < 8 * 1024 * 1024, `${length} octets`);
});

test('S8: an answer that takes long is not cut off', async (t) => {
  const { agent, runtimeDirectory } = await opened(t, { clientMs: 200 });
  agent.up = async () => {
    await new Promise((resolve) => setTimeout(resolve, 900));
    return agent.status();
  };
  t.is((await new ControlClient(runtimeDirectory).up(5)).state, 'down');
});

test('S8: the seventeenth client is turned away, and nobody is when the first have gone', async (t) => {
  const { paths, runtimeDirectory } = await opened(t);
  const held = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const socket = connect(paths.controlSocket);
      await new Promise((resolve) => socket.once('connect', resolve));
      return socket;
    }),
  );
  const client = new ControlClient(runtimeDirectory);
  await t.throwsAsync(client.status(), { message: /too many clients/ });
  t.regex(await exchange(paths.publicSocket, 'GET /v1/status HTTP/1.1\r\nHost: bis\r\n\r\n'), /^HTTP\/1\.1 200 /);
  for (const socket of held) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.is((await client.status()).state, 'down');
});

test('S8: octets that are no request change nothing and stop nothing', async (t) => {
  const { agent, paths, runtimeDirectory } = await opened(t, { clientMs: 200 });
  const valid = 'POST /v1/xx HTTP/1.1\r\nHost: bis\r\nContent-Length: 21\r\n\r\n{"timeoutSeconds": 1}';
  let seed = 0x5eed;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (let round = 0; round < 500; round++) {
    const octets = Buffer.from(valid);
    for (let change = 0; change <= random(8); change++) octets[random(octets.length)] = random(256);
    const batch = [
      octets.subarray(0, random(octets.length) + 1),
      Buffer.from(Array.from({ length: 99 }, () => random(256))),
    ];
    await Promise.all(
      batch.map(
        (each) =>
          new Promise((resolve) => {
            const socket = connect(paths.controlSocket).on('error', () => {});
            socket.on('close', resolve).end(each).resume();
          }),
      ),
    );
  }
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  t.deepEqual(agent.calls, []);
});

test('without a daemon, and without permission, the client says so', async (t) => {
  const runtimeDirectory = place(t);
  const client = new ControlClient(runtimeDirectory);
  t.is((await t.throwsAsync<ControlError>(client.status()))?.code, 'not-running');
  t.is((await t.throwsAsync<ControlError>(client.up(1)))?.code, 'not-running');
});
