import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommandError, linuxHost } from './host.ts';

const host = linuxHost();

test('S9: arguments reach the program as they are: there is no shell', async (t) => {
  t.is(await host.run(['printf', '%s|', '$(id)', 'a;b', '`x`', '* ']), '$(id)|a;b|`x`|* |');
});

test('S9, S10: a child sees a fixed PATH and nothing of our environment', async (t) => {
  process.env.BIS_TEST_LEAK = 'leak';
  const names = (await host.run(['env']))
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  t.deepEqual(names.sort(), ['LC_ALL', 'PATH']);
});

test('a program that fails carries its arguments and its words', async (t) => {
  const error = await t.throwsAsync<CommandError>(host.run(['ls', '/nowhere at all']), { instanceOf: CommandError });
  t.deepEqual(error?.argv, ['ls', '/nowhere at all']);
  t.regex(error?.stderr ?? '', /No such file/);
  t.regex(error?.message ?? '', /^`ls \/nowhere at all` failed: ls: .*No such file or directory$/);
  await t.throwsAsync(host.run(['no-such-program-here']), { instanceOf: CommandError });
  await t.throwsAsync(host.run([]));
});

test('a program that does not end is killed', async (t) => {
  const began = performance.now();
  await t.throwsAsync(linuxHost(100).run(['sleep', '60']), { instanceOf: CommandError });
  t.true(performance.now() - began < 5000);
});

test('files are read and written in place; one that is missing is no file to write', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bis-host-'));
  const path = join(folder, 'file');
  t.is(host.readText(path), undefined);
  t.is(host.readText(`${path}/below`), undefined);
  t.throws(() => host.writeText(path, 'x'), { code: 'ENOENT' });
  writeFileSync(path, 'something longer\n');
  host.writeText(path, '1');
  t.is(readFileSync(path, 'utf8'), '1');
  t.throws(() => host.readText(folder), { code: 'EISDIR' });
  rmSync(folder, { recursive: true });
});

test('a link says where it leads, also to nowhere; a file, a folder and nothing are no links', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bis-host-'));
  const path = join(folder, 'link');
  t.is(host.readLink(path), undefined);
  symlinkSync('../nowhere', path);
  t.is(host.readLink(path), '../nowhere');
  t.is(host.readLink(folder), undefined);
  t.is(host.readLink('/etc/passwd'), undefined);
  rmSync(folder, { recursive: true });
});
