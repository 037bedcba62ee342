import test from 'ava';
import fc from 'fast-check';
import { Bag, Heap, Line, Standing } from './queues.ts';
import { type Holds, Recency } from './recency.ts';

const SIZE = 20_000;

/** Positions whose holds a test sets, and how often somebody looked at one. */
class Facts implements Holds {
  readonly until = new Uint32Array(SIZE);
  readonly connected = new Set<number>();
  readonly use = new Uint32Array(SIZE);
  looks = 0;

  heldUntil(position: number): number {
    this.looks++;
    return this.until[position] as number;
  }

  isConnected(position: number): boolean {
    return this.connected.has(position);
  }

  lastUse(position: number): number {
    return this.use[position] as number;
  }

  isStranger(): boolean {
    return false;
  }

  isRecyclable(): boolean {
    return true;
  }
}

function scene() {
  const facts = new Facts();
  const recency = new Recency(new Standing(SIZE), facts, () => {});
  /** The most looks that a call took. */
  const looksOf = (call: () => void): number => {
    const before = facts.looks;
    call();
    return facts.looks - before;
  };
  return { facts, recency, looksOf };
}

test('M10: no call looks at more than a few, whatever is held; the sweep finds the rest in slices', (t) => {
  const { facts, recency, looksOf } = scene();
  for (let position = 0; position < SIZE; position++) {
    facts.until[position] = 100;
    recency.settle(position, 50);
  }
  t.is(recency.held, SIZE);
  // All of them are used once more, so that what is known of their holds is out of date.
  facts.until.fill(200);
  facts.until[SIZE - 1] = 100;
  facts.use[SIZE - 1] = 100;
  t.true(looksOf(() => recency.look(150)) <= 4 * 64);
  t.true(looksOf(() => t.is(recency.take(false, 150), undefined)) <= 4 * 64);
  let slices = 1;
  while (recency.sweep(150, 0)) slices++;
  t.true(slices > 30 && slices < 80, `${slices} slices`);
  t.is(recency.take(false, 150), SIZE - 1);
  t.is(recency.held, SIZE - 1);
});

test('M10: one that was used after its place says is moved to its true place', (t) => {
  const { facts, recency } = scene();
  for (const position of [1, 2, 3]) {
    facts.use[position] = 10 * position;
    recency.settle(position, 100);
  }
  facts.use[1] = 25;
  t.deepEqual(
    [1, 2, 3].map(() => recency.take(false, 100)),
    [2, 1, 3],
  );
});

test('M11: connections are walked through when the kernel has answered, and not all the time', (t) => {
  const { facts, recency, looksOf } = scene();
  for (let position = 0; position < 5000; position++) {
    facts.connected.add(position);
    recency.settle(position, 100);
  }
  const sweepAll = (now: number, answer: number): number =>
    looksOf(() => {
      while (recency.sweep(now, answer));
    });
  t.true(sweepAll(100, 90) >= 5000);
  t.true(sweepAll(101, 90) < 10);
  facts.connected.delete(17);
  t.true(sweepAll(102, 102) >= 5000);
  t.is(recency.take(false, 102), 17);
  t.true(sweepAll(170, 102) >= 4999, 'without an answer once a minute');
});

test('a heap gives positions in order, whatever was taken out before; a bag loses none', (t) => {
  const row = fc.record({ position: fc.integer({ min: 0, max: 30 }), key: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 100, size: 'max' }), (rows) => {
      const standing = new Standing(31);
      const heap = new Heap(1, standing);
      const bag = new Bag(2, new Standing(31));
      const there = new Map<number, number>();
      for (const { position, key } of rows) {
        if (there.delete(position)) {
          heap.remove(position);
          bag.remove(position);
        } else {
          there.set(position, key);
          heap.add(position, key);
          bag.add(position);
        }
        const least = [...there].toSorted(([a, one], [b, other]) => one - other || a - b)[0]?.[0];
        t.is(heap.first, least);
        t.is(bag.size, there.size);
        const held = Array.from({ length: bag.size }, (_, index) => bag.get(index)).toSorted((a, b) => a - b);
        t.deepEqual(
          held,
          [...there.keys()].toSorted((a, b) => a - b),
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('M13: a line gives back what was put into it first', (t) => {
  const line = new Line(1, new Standing(9));
  for (const position of [5, 2, 8]) line.add(position);
  t.is(line.take(), 5);
  line.add(1);
  t.deepEqual([line.take(), line.take(), line.take(), line.take()], [2, 8, 1, undefined]);
  line.add(5);
  t.is(line.take(), 5);
});
