import { connect } from 'node:net';
import test from 'ava';
import { fakeStatus } from '../testing/fake-agent.ts';
import { openInstance } from '../testing/test-instance.ts';
import type { MappingRow, Status } from './agent.ts';
import { ControlClient } from './client.ts';

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

test('S8: on the public socket nothing can be changed', async (t) => {
  const { agent, paths } = await openInstance(t);
  for (const path of ['up', 'down', 'stop']) {
    const answer = await exchange(paths.publicSocket, `POST /v1/${path} HTTP/1.1\r\nHost: bis\r\n\r\n`);
    t.regex(answer, /^HTTP\/1\.1 404 /);
  }
  t.regex(await exchange(paths.publicSocket, 'GET /v1/status HTTP/1.1\r\nHost: bis\r\n\r\n'), /"state":"down"/);
  t.regex(await exchange(paths.publicSocket, 'GET /v1/mappings HTTP/1.1\r\nHost: bis\r\n\r\n'), /"mappings":\[\]/);
  t.deepEqual(agent.calls, []);
});

test('S8: a body over 64 KiB is refused, one of 64 KiB is read', async (t) => {
  const { paths, agent } = await openInstance(t);
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
  const { paths, agent } = await openInstance(t);
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
  const { paths, runtimeDirectory } = await openInstance(t, { clientMs: 300 });
  const start = Date.now();
  const slow = [
    '',
    'GET /v1/sta',
    'GET /v1/status HTTP/1.1\r\nHost: b',
    'POST /v1/up HTTP/1.1\r\nHost: bis\r\nContent-Length: 10\r\n\r\n{',
  ].map((octets) => exchange(paths.controlSocket, octets));
  t.is((await new ControlClient(runtimeDirectory).status()).state, 'down');
  for (const answer of await Promise.all(slow)) t.notRegex(answer, /^HTTP\/1\.1 200/);
  t.true(Date.now() - start < 5000, 'long before the default limit');
});

test('S8: a client that does not take its answer is cut off', async (t) => {
  const { agent, paths } = await openInstance(t, { clientMs: 300 });
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

/** So many pages of a row that is 10,000 octets long. */
function* longPages(pages: number): Generator<readonly MappingRow[]> {
  for (let page = 0; page < pages; page++) yield [{ names: ['x'.repeat(10_000)] } as unknown as MappingRow];
}

test('S8: a list of any length lets others be answered in between, and is whole', async (t) => {
  const { agent, runtimeDirectory } = await openInstance(t);
  let isMade = false;
  agent.mappings = function* () {
    yield* longPages(3000);
    isMade = true;
  };
  const client = new ControlClient(runtimeDirectory);
  const list = client.mappings();
  await client.status();
  t.false(isMade, 'the status was told before the list was made');
  t.is((await list).length, 3000);
  agent.mappings = () => longPages(0);
  t.deepEqual(await client.mappings(), []);
});

test('S8: of many lists at once no two pages are made in one turn of the event loop', async (t) => {
  const { agent, runtimeDirectory } = await openInstance(t);
  let isMadeInTurn = false;
  let together = 0;
  agent.mappings = function* () {
    for (const page of longPages(200)) {
      if (isMadeInTurn) together++;
      isMadeInTurn = true;
      setImmediate(() => {
        isMadeInTurn = false;
      });
      yield page;
    }
  };
  const lists = await Promise.all(Array.from({ length: 8 }, () => new ControlClient(runtimeDirectory).mappings()));
  t.deepEqual(new Set(lists.map((list) => list.length)), new Set([200]));
  t.is(together, 0);
});

test('S8: a client that does not take a list is cut off, and no more of it is made', async (t) => {
  const { agent, paths } = await openInstance(t, { clientMs: 300 });
  let made = 0;
  agent.mappings = function* () {
    for (const page of longPages(100_000)) {
      made++;
      yield page;
    }
  };
  const socket = connect(paths.controlSocket);
  socket.on('error', () => {});
  socket.write('GET /v1/mappings HTTP/1.1\r\nHost: bis\r\n\r\n');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  t.true(made < 10_000, `${made} pages`);
});

test('S8: an answer that takes long is not cut off', async (t) => {
  const { agent, runtimeDirectory } = await openInstance(t, { clientMs: 200 });
  agent.up = async () => {
    await new Promise((resolve) => setTimeout(resolve, 900));
    return agent.status();
  };
  t.is((await new ControlClient(runtimeDirectory).up(5)).state, 'down');
});

test('S8: the seventeenth client is turned away, and nobody is when the first have gone', async (t) => {
  const { paths, runtimeDirectory } = await openInstance(t);
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
  const { agent, paths, runtimeDirectory } = await openInstance(t, { clientMs: 200 });
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
