/** What happens when daemon and janitor are killed under load: nothing stays, and it starts again (S5). Needs root. */
import test from 'ava';
import { SERVER } from '../lab/networks.ts';
import { type DeathScene, limits, playRound, setDeathScene, victims } from './rounds.ts';

/** Of each; `kill.ts` plays more. */
const ROUNDS = 5;
/** How much longer it may take on a machine that does other things besides; `kill.ts` judges by the limits themselves. */
const BUSY = 4;

let scene: DeathScene;
test.before(async () => {
  scene = await setDeathScene();
});
test.after.always(() => scene?.lab.demolish());

for (const victim of victims) {
  const what =
    victim === 'both'
      ? 'daemon and janitor, then `bis restore`'
      : `the ${victim}${victim === 'janitor' ? ', then the daemon' : ''}`;
  test.serial(
    `S5: ${ROUNDS} times kill -9 of ${what}, under load: all is as before in time, and it starts again`,
    async (t) => {
      t.timeout(120_000);
      for (let round = 1; round <= ROUNDS; round++) {
        const { left, asBefore, answering } = await playRound(scene, victim, 5300 + round);
        t.deepEqual(left, [], `round ${round}`);
        t.true(asBefore <= BUSY * limits.AS_BEFORE, `round ${round}: as before after ${asBefore} ms`);
        t.true(answering <= BUSY * limits.ANSWERING, `round ${round}: answering after ${answering} ms`);
      }
    },
  );
}

test.serial('S8a: no packet with a ULA or a spool address was on the uplink while it died', async (t) => {
  t.deepEqual((await scene.watch.end()).leaks, []);
});

test.serial('S5: questions go to the server again as soon as it is dead', async (t) => {
  const { dual } = scene;
  t.is(await dual.must(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'AAAA']), `${SERVER}\n`);
  t.is(await dual.must(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'A']), '');
});
