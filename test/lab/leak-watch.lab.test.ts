/** The watch that all interop tests rely on sees what it should. Needs root. */
import test from 'ava';
import { Lab } from './lab.ts';
import { LeakWatch } from './leak-watch.ts';
import { pair, SERVER } from './networks.ts';

test.serial('S8a: a packet with a ULA or a spool address on the uplink is seen, any other is not', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const quiet = await LeakWatch.begin(lab.host('host6'), 'eth0');
  await dual.must(['ping', '-c', '2', '-i', '0.1', SERVER]);
  t.deepEqual(await quiet.end(), { leaks: [], missed: 0 });

  await dual.must(['ip', 'addr', 'add', 'fd00:1::1/128', 'dev', 'lo']);
  await dual.must(['ip', 'route', 'add', '10.170.160.0/20', 'dev', 'eth0']);
  const watch = await LeakWatch.begin(lab.host('host6'), 'eth0');
  await dual.run(['ping', '-c', '1', '-W', '1', '-I', 'fd00:1::1', SERVER]);
  await dual.run(['ping', '-c', '1', '-W', '1', '10.170.160.9']);
  const { leaks } = await watch.end();
  t.true(leaks.some((line) => /fd00:1::1 > 2001:db8:6::2/.test(line)));
  t.true(leaks.some((line) => /ARP, Request who-has 10\.170\.160\.9/.test(line)));
});
