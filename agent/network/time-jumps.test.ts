import test from 'ava';
import { TimeJumps } from './time-jumps.ts';

/** What happens between two looks, and whether it is a jump: milliseconds by the wall clock and by the monotonic one. */
const table: readonly [string, wall: number, monotonic: number, boolean][] = [
  ['half a second passes', 500, 500, false],
  ['a busy machine looks late', 4000, 4000, false],
  ['the process was stopped', 6000, 6000, true],
  ['the machine slept', 3_600_000, 500, true],
  ['the clock was set forward', 60_000, 500, true],
  ['the clock was set back', -60_000, 500, true],
  ['the clock is corrected a little', -900, 500, false],
];

for (const [what, wall, monotonic, isJump] of table) {
  test(`D9: ${what}: ${isJump ? 'a jump' : 'no jump'}`, (t) => {
    const time = { wall: 1_700_000_000_000, monotonic: 1000 };
    const jumps = new TimeJumps({ wall: () => time.wall, monotonic: () => time.monotonic });
    t.false(jumps.jumped());
    time.wall += wall;
    time.monotonic += monotonic;
    t.is(jumps.jumped(), isJump);
    t.false(jumps.jumped(), 'and it is over');
  });
}
