import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { KeptOpen } from './kept-open.ts';
import { LookedAtFlags } from './looked-at-flags.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

function folder(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'bis-kept-'));
}

test.serial('what a file says now is read, however long, and nothing stays open', (t) => {
  const place = folder();
  t.teardown(() => rmSync(place, { recursive: true }));
  const file = path.join(place, 'file');
  const before = descriptors();
  const kept = new KeptOpen(file);
  const read = (): string | undefined => {
    const octets = kept.read();
    return octets && Buffer.from(octets).toString();
  };
  t.is(read(), undefined);
  t.is(descriptors(), before, 'what cannot be read is not kept');
  for (const text of ['1\n', '0\n', '', 'x'.repeat(4095), 'y'.repeat(4096), 'z'.repeat(50_000), '1\n']) {
    writeFileSync(file, text);
    t.is(read(), text);
  }
  t.is(descriptors(), before + 1);
  kept.close();
  t.is(descriptors(), before);
  t.is(read(), '1\n', 'and again');
  kept.close();
});

test.serial('files of the kernel are made anew each time', (t) => {
  const kept = new KeptOpen('/proc/self/stat');
  const first = Buffer.from(kept.read() ?? []).toString();
  for (const until = performance.now() + 50; performance.now() < until; );
  t.regex(first, /^\d+ \(/);
  t.not(Buffer.from(kept.read() ?? []).toString(), first);
  kept.close();
});

test.serial('a flag is 0, or another, or not there', (t) => {
  const place = folder();
  t.teardown(() => rmSync(place, { recursive: true }));
  const file = path.join(place, 'flag');
  const before = descriptors();
  const flags = new LookedAtFlags();
  const isZero = (text: string): boolean => {
    writeFileSync(file, text);
    return flags.isZero(file);
  };
  t.false(flags.isZero(file));
  t.deepEqual(['0\n', '1\n', '', '0'].map(isZero), [true, false, false, true]);
  flags.close();
  t.is(descriptors(), before);
});
