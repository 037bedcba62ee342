import test from 'ava';
import { Vigil } from './vigil.ts';

test('after a long sleep there is no looking, after short ones longer and longer, to a limit', (t) => {
  const vigil = new Vigil();
  t.is(vigil.looks, 0);
  const looks = Array.from({ length: 6 }, () => {
    vigil.slept(0.05);
    return vigil.looks;
  });
  t.deepEqual(looks, [25, 50, 100, 200, 200, 200]);
  vigil.slept(2);
  t.is(vigil.looks, 0);
});

test('looking ends when it took longer than looks take: somebody else had the processor', (t) => {
  const vigil = new Vigil();
  for (let times = 0; times < 4; times++) vigil.slept(0.05);
  vigil.looked(0.1);
  t.is(vigil.looks, 200);
  vigil.looked(3);
  t.is(vigil.looks, 0);
});

test('who leaves the processor to somebody who keeps it does not look for a while, each time for longer', (t) => {
  const vigil = new Vigil();
  vigil.slept(0.05);
  t.false(vigil.isRobbed(0.1));
  vigil.slept(0.05);
  t.is(vigil.looks, 50);
  /** Sleeps after which looking begins again, when it was robbed. */
  const pause = (): number => {
    t.true(vigil.isRobbed(3));
    vigil.looked(3);
    let sleeps = 0;
    for (; vigil.looks === 0; sleeps++) vigil.slept(0.05);
    return sleeps - 1;
  };
  t.deepEqual([pause(), pause(), pause(), pause(), pause(), pause(), pause()], [8, 16, 32, 64, 128, 256, 256]);
  vigil.found();
  t.is(pause(), 8);
});
