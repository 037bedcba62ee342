import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeDirectories } from './make-directories.ts';

test('directories are made as deep as they are asked for, and stay when they are there', (t) => {
  const top = mkdtempSync(join(tmpdir(), 'bis-directories-'));
  t.teardown(() => rmSync(top, { recursive: true }));
  const deep = join(top, 'a/b/c');
  makeDirectories(deep, 0o700);
  t.is(statSync(deep).mode & 0o777, 0o700);
  makeDirectories(deep, 0o755);
  t.is(statSync(deep).mode & 0o777, 0o700);
  writeFileSync(join(top, 'file'), '');
  t.throws(() => makeDirectories(join(top, 'file/x'), 0o700), { code: 'ENOTDIR' });
});

test('where none can be made, that is said at once', (t) => {
  t.throws(() => makeDirectories('/proc/nope/deeper', 0o700), { code: 'ENOENT' });
});
