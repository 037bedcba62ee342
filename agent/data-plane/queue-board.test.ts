import test from 'ava';
import { clockOffset } from './queue-board.ts';

test('clocks are compared by what is asked closest together: a thread that is held up in between changes nothing', (t) => {
  let time = 1000;
  const pauses = [7, 12, 0, 30, 5, 3, 8, 9, 4, 6, 11, 20, 2, 5, 6, 7];
  const kernel = (): number => time;
  const now = (): number => {
    time += pauses.shift() ?? 0;
    return time - 400;
  };
  t.is(clockOffset(kernel, now), 400);
  t.is(pauses.length, 0, 'it asked often enough to meet a pair that was close');
});

test('the offset leads from one clock of this thread to the other', (t) => {
  const offset = clockOffset();
  const [before, between, after] = [process.hrtime.bigint(), performance.now(), process.hrtime.bigint()];
  const there = between + offset;
  t.true(there > Number(before) / 1e6 - 1 && there < Number(after) / 1e6 + 1);
});
