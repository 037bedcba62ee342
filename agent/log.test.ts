import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createLog } from './log.ts';

test('a line is JSON with a time and without the process, from the level on', (t) => {
  const file = join(tmpdir(), `bis-log-${process.pid}`);
  const descriptor = openSync(file, 'w');
  t.teardown(() => rmSync(file));
  const log = createLog({ level: 'info' }, descriptor);
  log.debug('not this');
  log.info({ uplinks: ['eth0'] }, 'this');
  closeSync(descriptor);
  const line = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  t.deepEqual(Object.keys(line), ['level', 'time', 'uplinks', 'msg']);
  t.is(line.msg, 'this');
});

test('S12: a full disk loses lines and nothing else', async (t) => {
  const descriptor = openSync('/dev/full', 'w');
  const log = createLog({ level: 'info' }, descriptor);
  for (let line = 0; line < 1000; line++) log.error('x'.repeat(1000));
  // A stream says what failed in an event of its own.
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.pass();
});
