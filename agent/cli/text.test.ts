import test from 'ava';
import { columns, duration, octets, printable } from './text.ts';

test('text is made for people', (t) => {
  t.is(printable('plain ~'), 'plain ~');
  t.deepEqual(
    columns([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
    ['a    bb', 'ccc'],
  );
  const durations = [-1, 0, 59, 60, 3599, 3600, 3660, 90_061].map(duration);
  t.deepEqual(durations, ['0 s', '0 s', '59 s', '1 min', '59 min 59 s', '1 h', '1 h 1 min', '1 d 1 h']);
  t.deepEqual([0, 999, 1000, 999_949, 999_950, 5e15].map(octets), [
    '0 B',
    '999 B',
    '1.0 kB',
    '999.9 kB',
    '1.0 MB',
    '5.0 PB',
  ]);
});
