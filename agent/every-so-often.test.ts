import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { everySoOften } from './every-so-often.ts';

test.serial('things with different periods are done in the same turns', async (t) => {
  const done: string[] = [];
  const turn = (name: string): void => {
    done.push(name);
    queueMicrotask(() => done.at(-1) !== '|' && done.push('|'));
  };
  await sleep(130);
  const end500 = everySoOften(500, () => turn('a'));
  await sleep(130);
  const end1000 = everySoOften(1000, () => turn('b'));
  while (done.length < 14) await sleep(50);
  end500();
  end1000();
  // Wherever the count began, and whatever a busy machine has missed: never one of the second alone.
  const turns = done.join('').split('|').filter(Boolean);
  t.true(turns.includes('ab') && turns.includes('a'), done.join(''));
  t.false(turns.includes('b'), done.join(''));
});

test.serial('what has been ended is not done any more, also by another in the same turn', async (t) => {
  const done: string[] = [];
  const ends = [
    everySoOften(500, () => {
      done.push('first');
      ends[1]?.();
    }),
    everySoOften(500, () => void done.push('second')),
  ];
  while (done.length < 2) await sleep(50);
  ends[0]?.();
  const before = done.length;
  await sleep(1200);
  t.deepEqual(done, Array(before).fill('first'));
});

test.serial('what was missed is done once', async (t) => {
  let times = 0;
  const end = everySoOften(500, () => times++);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1800);
  await sleep(20);
  end();
  t.true(times >= 1 && times <= 2, `${times}`);
});

test('a period that is none of the moments is refused', (t) => {
  for (const milliseconds of [0, 250, 1250, -500])
    t.throws(() => everySoOften(milliseconds, () => {}), { instanceOf: RangeError });
});
