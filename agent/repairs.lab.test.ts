/** Others that change what is ours, and firewalls of others that are opened on request (S6, S15). Needs root. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { canKeep } from '../install/nft-kept.ts';
import { guardTable } from '../install/testing/guard-tables.ts';
import { becomes, claimRelease, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** The time until it is so, in milliseconds; NaN when it is not within 5 s. */
async function timeUntil(isSo: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < 5000) {
    if (await isSo()) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Number.NaN;
}

/** A kernel that keeps no tables. */
const OLDER = '6.8.0-45-generic';

for (const [what, commands, isThere, then] of [
  [
    'the forward guard',
    ['nft flush ruleset', 'nft delete table inet bis_guard', 'nft flush table inet bis_guard'],
    ['nft list table inet bis_guard', /"eth0"[\s\S]*iifname @forced/],
    'made anew all the same',
  ],
  [
    'the device',
    ['ip link set bis0 down', 'ip -4 route flush dev bis0', 'ip address flush dev bis0'],
    ['ip -4 route show dev bis0', /^10\.170\.160\.0\/20 /m],
    'left as it is',
  ],
  [
    'forwarding',
    ['sysctl -q -w net.ipv6.conf.all.forwarding=0', 'sysctl -q -w net.ipv6.conf.eth0.force_forwarding=0'],
    ['sysctl -n net.ipv6.conf.bis0.force_forwarding net.ipv6.conf.eth0.force_forwarding', /^1\n1$/m],
    'left as it is',
  ],
] as const) {
  test.serial(`S6: ${what} is repaired within 1 s, ten times; then it is said`, async (t) => {
    t.timeout(60_000);
    const here = await setDaemonScene();
    // Where the kernel keeps tables, nobody can change the guard: see below.
    const scene = what === 'the forward guard' ? await claimRelease(here, OLDER) : here;
    t.teardown(() => scene.lab.demolish());
    await scene.agent.start();
    const [look, whole] = isThere;
    const isWhole = async (): Promise<boolean> => whole.test((await scene.dual.run(look.split(' '))).stdout);
    for (let count = 0; count < 10; count++) {
      await scene.dual.must((commands[count % commands.length] ?? '').split(' '));
      const took = await timeUntil(isWhole);
      t.true(took <= 1000, `${commands[count % commands.length]}: ${took} ms`);
    }
    t.is(await settlesAt(() => fetches(scene), 'yes', 8000), 'yes');
    await scene.dual.must(commands[0].split(' '));
    t.is(await becomes(scene, 'degraded: not-repaired', 3000), 'degraded: not-repaired');
    const text = (await scene.agent.status())?.reasons[0]?.text;
    t.is(text, `Somebody changed ${what} ten times within an hour: it is ${then}.`);
    t.is(
      await settlesAt(async () => String(await isWhole()), String(then !== 'left as it is'), 2000),
      String(then !== 'left as it is'),
    );
    t.is((await scene.agent.tell('down')).status, 0, 'and it goes down in order');
  });
}

test.serial(
  'S6: a ping goes through within 2 s of `all.forwarding=0`, which the kernel does not announce',
  async (t) => {
    const scene = await setDaemonScene();
    t.teardown(() => scene.lab.demolish());
    const before = await scene.dual.snapshot();
    await scene.agent.start();
    const goes = async (): Promise<boolean> =>
      (await scene.dual.run(['ping', '-4', '-n', '-c', '1', '-W', '0.2', 'six.example'])).status === 0;
    t.true(await goes());
    await scene.dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=0']);
    const took = await timeUntil(goes);
    t.true(took <= 2000, `${took} ms`);
    t.is((await scene.agent.daemon.stop('SIGTERM', 5000)).status, 0);
    t.deepEqual(await scene.dual.differencesSince(before, 0), []);
  },
);

test.serial('S6: who flushes the rules of others changes nothing of ours', async (t) => {
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  await scene.agent.start();
  const { dual } = scene;
  t.is(await fetches(scene), 'yes');
  await dual.must(['nft', 'flush ruleset']);
  const whole = async (): Promise<string> => {
    const { stdout } = await dual.run(['nft', 'list', 'table', ...guardTable('ip6')]);
    return /"eth0"[\s\S]*iifname @forced/.test(stdout) ? 'whole' : stdout;
  };
  t.is(await settlesAt(whole, 'whole'), 'whole');
  if (canKeep(os.release())) t.not((await dual.run(['nft', `delete table ${guardTable('ip6').join(' ')}`])).status, 0);
  t.is(await fetches(scene), 'yes');
  t.is(await becomes(scene, 'up'), 'up');
});

const CLOSED = 'add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy drop; }';

test.serial(
  'S15: `firewall = "open"` opens the chain, again when it is reloaded, and takes its rules away',
  async (t) => {
    const scene = await setDaemonScene();
    t.teardown(() => scene.lab.demolish());
    const { dual, agent, lab } = scene;
    const other = 'add rule inet fw forward meta mark 7 accept comment "not ours"';
    for (const commands of [CLOSED, other, CLOSED.replace('inet fw', 'ip6 fw6').replace('inet fw', 'ip6 fw6')])
      await dual.must(['nft', commands]);
    const before = await dual.snapshot();
    const file = path.join(lab.directory, 'open.toml');
    fs.writeFileSync(file, '[uplink]\nfirewall = "open"\n');
    const daemon = await agent.start(10_000, '--config', file);
    t.is(await fetches(scene), 'yes');
    t.regex(await dual.must(['nft', 'list', 'chain', 'inet', 'fw', 'forward']), /iifname "bis0" accept comment "bis"/);
    await dual.must(['nft', `flush chain inet fw forward; ${other}`]);
    t.is(await settlesAt(() => fetches(scene), 'yes', 8000), 'yes', 'as after a reload');
    await daemon.stop('SIGKILL');
    t.deepEqual(await dual.differencesSince(before, 1000), []);
    const again = await agent.start(10_000, '--config', file);
    t.is((await again.stop('SIGTERM', 5000)).status, 0);
    t.deepEqual(await dual.differencesSince(before, 0), []);
  },
);
