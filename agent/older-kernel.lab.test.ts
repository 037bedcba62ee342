/** Death on a kernel that keeps no tables of the dead, with a guard of nobody's and another of ours. Needs root. */
import test from 'ava';
import { janitorOf } from '../test/death/rounds.ts';
import { claimRelease, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

test.serial('S5: SIGKILL leaves nothing; with the janitor dead too, the guard stays until `bis restore`', async (t) => {
  const here = await setDaemonScene();
  const older = await claimRelease(here, '6.8.0-45-generic');
  t.teardown(() => older.lab.demolish());
  for (const both of [false, true]) {
    const killed = await older.agent.start();
    t.is(await fetches(older), 'yes');
    if (both) process.kill((await janitorOf(here.dual)) ?? Number.NaN, 'SIGKILL');
    await killed.stop('SIGKILL');
    if (both) {
      t.regex(await older.dual.must(['nft', 'list', 'table', 'inet', 'bis_guard']), /elements = \{ "eth0" \}/);
      t.is((await older.agent.tell('restore')).status, 0);
    }
    t.is(await settlesAt(async () => (await older.dual.must(['nft', 'list', 'ruleset'])).trim(), ''), '');
    t.is(await older.dual.must(['cat', '/proc/sys/net/ipv6/conf/eth0/force_forwarding']), '0\n');
  }
});
