import test from 'ava';
import { type Restart, Restarts } from './restarts.ts';

const minute = 60_000;

test('ten starts in a row, each after a longer pause, and then no more', (t) => {
  const restarts = new Restarts(() => 0);
  const pauses: (number | undefined)[] = [];
  for (let time = 0; time < 12; time++) {
    pauses.push(restarts.next()?.pauseMilliseconds);
    restarts.up();
  }
  t.deepEqual(pauses, [50, 100, 150, 200, 250, 300, 350, 400, 450, 500, undefined, undefined]);
});

test('what was up for five minutes begins to count anew; time that it was not up does not matter', (t) => {
  let now = 0;
  const restarts = new Restarts(() => now);
  const next = (): number | undefined => (restarts.next() satisfies Restart | undefined)?.number;
  restarts.up();
  t.is(next(), 1);
  now += 60 * minute;
  t.is(next(), 2, 'it was down all the hour');
  restarts.up();
  now += 5 * minute - 1;
  t.is(next(), 3);
  restarts.up();
  now += 5 * minute;
  t.is(next(), 1);
});
