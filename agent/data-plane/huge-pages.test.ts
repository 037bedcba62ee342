import { readFileSync } from 'node:fs';
import test from 'ava';
import { preferHugePages } from './huge-pages.ts';

/** How many mappings of this process want large pages (proc(5), `hg`). */
const wanting = (): number => readFileSync('/proc/self/smaps', 'utf8').match(/^VmFlags:.* hg/gm)?.length ?? 0;

test('a table of several megabytes gets large pages if the kernel has any', (t) => {
  const before = wanting();
  const taken = preferHugePages(new SharedArrayBuffer(8 << 20));
  t.is(wanting() - before, taken ? 1 : 0);
});

test('a small table is left alone', (t) => {
  t.false(preferHugePages(new SharedArrayBuffer(1 << 20)));
});
