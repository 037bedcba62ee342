import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { KeptOpen } from './kept-open.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

test.serial('what a file says now is read, and nothing stays open', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bis-kept-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'flag');
  const kept = new KeptOpen();
  const before = descriptors();
  t.is(kept.first(file), undefined);
  writeFileSync(file, '1\n');
  t.is(kept.first(file), '1');
  writeFileSync(file, '0\n');
  t.is(kept.first(file), '0');
  writeFileSync(file, '');
  t.is(kept.first(file), undefined);
  t.is(descriptors(), before, 'what cannot be read is not kept');
  writeFileSync(file, '1\n');
  t.is(kept.first(file), '1');
  t.is(kept.first('/proc/sys/net/ipv6/conf/lo/forwarding')?.length, 1);
  t.is(descriptors(), before + 2);
  kept.close();
  t.is(descriptors(), before);
});
