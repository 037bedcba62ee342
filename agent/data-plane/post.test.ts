import { readFileSync } from 'node:fs';
import test from 'ava';
import { ownProcessors, Post } from './post.ts';

/** The processors this thread may run on, as the kernel prints them: `0-3`. */
const allowed = (): string =>
  /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1] ?? '';

test('of several queues each has every so many processors', (t) => {
  t.deepEqual([...ownProcessors(0, 1).subarray(0, 2)], [0xff, 0xff]);
  t.deepEqual([...ownProcessors(1, 2).subarray(0, 2)], [0xaa, 0xaa]);
  t.deepEqual([...ownProcessors(2, 3).subarray(0, 3)], [0x24, 0x49, 0x92]);
  t.is(ownProcessors(0, 4).length, 128);
});

test.serial('a worker stays while packets come one by one, leaves when they come in numbers, and comes back', (t) => {
  const everywhere = allowed();
  const processor = Number(/^\d+/.exec(everywhere)?.[0]);
  // So many queues that each has one processor.
  const post = new Post(processor, 1024);
  try {
    t.true(post.isKept);
    t.is(allowed(), String(processor));
    t.false(post.handled(2, 2, 8192));
    t.false(post.handled(1, 200, 20_000), 'taking turns with the programs');
    t.true(post.isKept);
    for (const [waiting, packets, octets] of [
      [3, 3, 300],
      [1, 1, 65_000],
    ] as const) {
      t.true(post.handled(waiting, packets, octets));
      t.false(post.isKept);
      t.is(allowed(), everywhere);
      for (let times = 0; times < 15; times++) post.handled(1, 1, 100);
      for (let times = 0; times < 15; times++) post.handled(1, 30, 3000);
      t.false(post.isKept);
      post.handled(1, 1, 100);
      t.true(post.isKept);
      t.is(allowed(), String(processor));
    }
  } finally {
    post.handled(3, 3, 0);
  }
});

test.serial('where the own processors may not be used there is no staying', (t) => {
  const everywhere = allowed();
  const post = new Post(1023, 1024);
  t.false(post.isKept);
  for (let times = 0; times < 40; times++) post.handled(1, 1, 100);
  t.false(post.isKept);
  t.is(allowed(), everywhere);
});
