import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { filesOf, isInstalled, placeFiles, removeFiles } from './place-files.ts';

/** A bundle in small, and a directory that stands for the root of a system. */
function scene(t: ExecutionContext) {
  const directory = mkdtempSync(join(tmpdir(), 'bis-place-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const bundle = join(directory, 'dist');
  for (const folder of ['agent', 'install']) mkdirSync(join(bundle, folder), { recursive: true });
  writeFileSync(join(bundle, 'agent/bis'), '#!/bin/sh\necho it runs\n', { mode: 0o755 });
  writeFileSync(join(bundle, 'agent/bis.mjs'), '//\n');
  writeFileSync(join(bundle, 'install/bis.service'), 'ExecStart=@BIS@ daemon --config @CONFIG@\n');
  const staging = join(directory, 'root');
  mkdirSync(join(staging, 'etc/systemd/system'), { recursive: true });
  writeFileSync(join(staging, 'etc/systemd/system/other.service'), 'theirs\n');
  const target = { prefix: '/usr/local', staging };
  return { staging, target, files: filesOf(bundle, target, '[log]\n') };
}

const tree = (directory: string): string[] => readdirSync(directory, { recursive: true }).map(String).sort();

test('S6: network managers are told to leave the device alone, each in its own words', (t) => {
  const { staging, target, files } = scene(t);
  placeFiles(files, target);
  const read = (file: string): string => readFileSync(join(staging, file), 'utf8');
  t.is(read('etc/NetworkManager/conf.d/90-bis.conf'), '[keyfile]\nunmanaged-devices+=interface-name:bis0\n');
  t.is(read('etc/systemd/network/10-bis.network'), '[Match]\nName=bis0\n\n[Link]\nUnmanaged=yes\n');
});

test('everything is made where it belongs, and nothing is left when it is removed', (t) => {
  const { staging, target, files } = scene(t);
  const before = tree(staging);
  placeFiles(files, target);
  t.is(readFileSync(join(staging, 'usr/local/bin/bis'), 'utf8'), '#!/bin/sh\necho it runs\n', 'through the link');
  t.is(statSync(join(staging, 'usr/local/bin/bis')).mode & 0o777, 0o755);
  t.is(
    readFileSync(join(staging, 'etc/systemd/system/bis.service'), 'utf8'),
    'ExecStart=/usr/local/lib/bis/agent/bis daemon --config /etc/bis/bis.toml\n',
  );
  for (const file of [
    'etc/NetworkManager/conf.d/90-bis.conf',
    'etc/systemd/network/10-bis.network',
    'etc/sysusers.d/bis.conf',
  ])
    t.true(existsSync(join(staging, file)), file);
  t.throws(() => placeFiles(files, target), { message: /it is installed already/ });
  t.deepEqual(removeFiles(target), []);
  t.deepEqual(tree(staging), before);
  t.throws(() => removeFiles(target), { message: /nothing is installed/ });
});

test('what somebody has put in the place of a file stays, and all else goes', (t) => {
  const { staging, target, files } = scene(t);
  placeFiles(files, target);
  const other = join(staging, 'etc/sysusers.d/bis.conf');
  rmSync(other);
  mkdirSync(other);
  t.deepEqual(removeFiles(target), ['/etc/sysusers.d/bis.conf']);
  t.false(existsSync(join(staging, 'usr/local/lib/bis')));
  t.false(isInstalled(target));
});

test('what is in the way is named, and what was made until then is removed', (t) => {
  const { staging, target, files } = scene(t);
  writeFileSync(join(staging, 'etc/systemd/system/bis.service'), 'theirs\n');
  const before = tree(staging);
  t.throws(() => placeFiles(files, target), { message: /bis\.service: it is there/ });
  t.deepEqual(tree(staging), before);
});

test('a configuration that is there is theirs, and one that was changed stays', (t) => {
  const { staging, target, files } = scene(t);
  const config = join(staging, 'etc/bis/bis.toml');
  placeFiles(files, target);
  appendFileSync(config, 'level = "debug"\n');
  t.deepEqual(removeFiles(target), ['/etc/bis/bis.toml']);
  t.deepEqual(tree(join(staging, 'etc/bis')), ['bis.toml']);
  placeFiles(files, target);
  t.is(readFileSync(config, 'utf8'), '[log]\nlevel = "debug"\n');
  t.deepEqual(removeFiles(target), []);
  t.true(existsSync(config));
});
