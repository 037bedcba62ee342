/** `bis doctor` on a host where all is well, with and without a daemon, and on one where it is not. Needs root. */
import test from 'ava';
import { setDaemonScene } from './testing/daemon-scene.ts';

test.serial('without a daemon, with one, and with a firewall in the way; nothing is changed', async (t) => {
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  const { dual, agent } = scene;
  const before = await dual.snapshot();
  const alone = await agent.tell('doctor');
  t.is(alone.status, 0, alone.stdout + alone.stderr);
  t.regex(alone.stdout, /^pass {2}uplink +IPv6 leaves by eth0, the smallest MTU is 1500\.$/m);
  t.regex(alone.stdout, /^pass {2}forwarding .*: force, because/m);
  t.regex(alone.stdout, /^pass {2}questions .* in mode snoop, from 2001:db8:6::2\./m);
  t.deepEqual(await dual.differencesSince(before, 0), []);
  const daemon = await agent.start();
  const beside = await agent.tell('doctor');
  t.is(beside.status, 0, beside.stdout + beside.stderr);
  t.regex(beside.stdout, /^pass {2}daemon .*is up\.$/m);
  await dual.must([
    'nft',
    'add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy drop; }',
  ]);
  const closed = await agent.tell('doctor');
  t.is(closed.status, 4);
  t.regex(closed.stdout, /^warn {2}firewall +Chain forward of table inet fw drops .*\n +> nft '/m);
  await daemon.stop('SIGTERM', 5000);
});
