import test from 'ava';
import { Repairs } from './repairs.ts';

test('S6: ten repairs within an hour, of each thing by itself', (t) => {
  let now = 0;
  const repairs = new Repairs(() => now);
  for (let count = 0; count < 10; count++, now += 1000) t.true(repairs.may('the device'));
  t.false(repairs.may('the device'));
  t.true(repairs.may('the forward guard'));
  t.deepEqual(repairs.givenUp, ['the device']);
  now = 3_600_001;
  t.deepEqual(repairs.givenUp, []);
  t.true(repairs.may('the device'));
  t.false(repairs.may('the device'), 'only the first of them is an hour old');
});
