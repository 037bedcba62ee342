import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostsText } from './hosts-text.ts';

test('E25: the text of the hosts file follows the file: written, replaced, gone, back', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bis-hosts-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'hosts');
  const text = hostsText(file);
  t.is(text(), '');
  writeFileSync(file, '2001:db8::9 host6\n');
  t.is(text(), '2001:db8::9 host6\n');
  writeFileSync(file, '2001:db8::a host6\n');
  t.is(text(), '2001:db8::a host6\n');
  writeFileSync(`${file}.new`, '2001:db8::b host6\n');
  renameSync(`${file}.new`, file);
  t.is(text(), '2001:db8::b host6\n');
  rmSync(file);
  t.is(text(), '');
  writeFileSync(file, '::1 localhost\n');
  t.is(text(), '::1 localhost\n');
});

test('E25: what is no file, or too long to be a hosts file, has no text', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bis-hosts-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.is(hostsText(folder)(), '');
  t.is(hostsText('/dev/zero')(), '');
  const file = path.join(folder, 'hosts');
  writeFileSync(file, '');
  truncateSync(file, 33 * 1024 * 1024);
  t.is(hostsText(file)(), '');
});
