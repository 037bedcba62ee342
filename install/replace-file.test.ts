import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { putBack, replaceFile } from './replace-file.ts';

const MARK = '# ours';

/** A folder with room for a file and for what is kept of it. */
function folderFor(t: ExecutionContext): { folder: string; path: string; kept: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bis-replace-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return { folder, path: join(folder, 'resolv.conf'), kept: join(folder, 'kept') };
}

test('a file is replaced and comes back as it was: the same file, with its mode', (t) => {
  const { folder, path, kept } = folderFor(t);
  writeFileSync(path, 'theirs\n');
  chmodSync(path, 0o600);
  const { ino } = statSync(path);
  replaceFile(path, `${MARK}\n`, kept);
  t.is(readFileSync(path, 'utf8'), `${MARK}\n`);
  t.is(statSync(path).mode & 0o777, 0o644);
  t.is(readFileSync(kept, 'utf8'), 'theirs\n');
  putBack(path, kept, MARK);
  t.deepEqual([readFileSync(path, 'utf8'), statSync(path).ino, statSync(path).mode & 0o777], ['theirs\n', ino, 0o600]);
  t.deepEqual(readdirSync(folder), ['resolv.conf']);
});

test('a link is replaced, not where it leads, and comes back; also one that leads nowhere', (t) => {
  for (const target of ['target', 'nowhere']) {
    const { folder, path, kept } = folderFor(t);
    writeFileSync(join(folder, 'target'), 'theirs\n');
    symlinkSync(target, path);
    replaceFile(path, `${MARK}\n`, kept);
    t.throws(() => readlinkSync(path), { code: 'EINVAL' });
    t.is(readFileSync(join(folder, 'target'), 'utf8'), 'theirs\n');
    putBack(path, kept, MARK);
    t.is(readlinkSync(path), target);
    t.false(existsSync(kept));
  }
});

test('what others have put there since stays, and what was kept goes', (t) => {
  const { path, kept } = folderFor(t);
  writeFileSync(path, 'theirs\n');
  replaceFile(path, `${MARK}\n`, kept);
  writeFileSync(path, 'newer\n');
  putBack(path, kept, MARK);
  t.is(readFileSync(path, 'utf8'), 'newer\n');
  t.false(existsSync(kept));
  rmSync(path);
  putBack(path, kept, MARK);
  t.false(existsSync(path), 'and what was removed stays removed');
});

test('what is ours, with lines that others added, is taken away again', (t) => {
  const { path, kept } = folderFor(t);
  writeFileSync(path, 'theirs\n');
  replaceFile(path, `${MARK}\n`, kept);
  writeFileSync(path, `${MARK}\noptions rotate\n`);
  putBack(path, kept, MARK);
  t.is(readFileSync(path, 'utf8'), 'theirs\n');
});

test('what cannot be replaced is left as it is', (t) => {
  const { folder, path, kept } = folderFor(t);
  t.throws(() => replaceFile(path, MARK, kept), { code: 'ENOENT' });
  mkdirSync(path);
  t.throws(() => replaceFile(path, MARK, kept), { message: `${path} is no file` });
  rmSync(path, { recursive: true });
  writeFileSync(path, 'theirs\n');
  writeFileSync(kept, 'of an earlier time\n');
  t.throws(() => replaceFile(path, MARK, kept), { code: 'EEXIST' });
  t.is(readFileSync(path, 'utf8'), 'theirs\n');
  t.is(readFileSync(kept, 'utf8'), 'of an earlier time\n');
  t.deepEqual(readdirSync(folder).sort(), ['kept', 'resolv.conf']);
});
