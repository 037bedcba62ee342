/** A daemon whose network changes around it: what it follows, and what it says of what it cannot mend. Needs root. */
import test, { type ExecutionContext } from 'ava';
import { guardTable } from '../install/testing/guard-tables.ts';
import type { Lab } from '../test/lab/lab.ts';
import { pair, SERVER } from '../test/lab/networks.ts';
import { becomes, type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** A scene with a daemon that is up, or whatever it comes to; `zone` has more names. */
async function withDaemon(
  t: ExecutionContext,
  prepare: (scene: DaemonScene) => Promise<unknown>,
  zone = '',
): Promise<DaemonScene> {
  const scene = await setDaemonScene(pair, zone);
  t.teardown(() => scene.lab.demolish());
  await prepare(scene);
  await scene.agent.start(10_000, '--down');
  await scene.agent.tell('up');
  return scene;
}

/** What is changed on `dual`. */
async function change({ dual }: DaemonScene, ...commands: string[]): Promise<void> {
  for (const command of commands) await dual.must(command.split(' '));
}

const nothing = async (): Promise<void> => {};
const works = (scene: DaemonScene): Promise<string> => settlesAt(() => fetches(scene), 'yes', 8000);

test.serial('S15: a closed chain is named with the command that opens it; once opened, all is well', async (t) => {
  const closed =
    'nft add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy drop; }';
  const scene = await withDaemon(t, ({ dual }) => dual.must(['nft', closed.slice(4)]));
  const { status, stdout } = await scene.agent.tell('status');
  t.is(status, 4);
  t.regex(stdout, /Chain forward of table inet fw drops translated packets: policy drop/);
  t.is((await scene.agent.tell('up')).status, 4);
  t.not(await fetches(scene), 'yes');
  const command = (await scene.agent.status())?.reasons[0]?.command ?? '';
  t.regex(command, /^nft '/);
  await scene.dual.must(['sh', '-c', command]);
  t.is(await becomes(scene, 'up', 2000), 'up');
  t.is(await fetches(scene), 'yes');
  t.is((await scene.agent.tell('status')).status, 0);
  await change(scene, 'nft flush chain inet fw forward');
  t.is(await becomes(scene, 'degraded: firewall', 2000), 'degraded: firewall');
  await change(scene, 'nft delete table inet fw');
  t.is(await becomes(scene, 'up', 2000), 'up');
});

test.serial('S7: no uplink at the start is a reason; when one comes, programs reach their peers', async (t) => {
  const scene = await withDaemon(t, (all) => change(all, 'ip link set eth0 down'));
  t.is(await becomes(scene, 'degraded: no-uplink server-unreachable'), 'degraded: no-uplink server-unreachable');
  await change(
    scene,
    'ip link set eth0 up',
    'ip -6 address replace 2001:db8:6::1/64 dev eth0',
    `ip -6 route replace default via ${SERVER}`,
  );
  t.is(await becomes(scene, 'up', 5000), 'up');
  t.is(await works(scene), 'yes');
  t.deepEqual((await scene.agent.status())?.uplinks, ['eth0']);
});

test.serial('S7: a host that is renumbered goes on, and its server is caught at the new address', async (t) => {
  const scene = await withDaemon(t, nothing);
  t.is(await fetches(scene), 'yes');
  await change(
    scene,
    'ip -6 address add 2001:db8:6::77/64 dev eth0',
    'ip -6 address del 2001:db8:6::1/64 dev eth0',
    `ip -6 route replace default via ${SERVER}`,
  );
  t.is(await works(scene), 'yes');
  const listener = async (): Promise<string> =>
    /^[^#]*/.exec((await scene.agent.status())?.resolver?.servers[0]?.listener ?? '')?.[0] ?? '';
  t.is(await settlesAt(listener, '2001:db8:6::77'), '2001:db8:6::77');
});

test.serial('S7: a default route that is away for a while', async (t) => {
  const scene = await withDaemon(t, nothing);
  await change(scene, 'ip link set eth0 down');
  t.is(await becomes(scene, 'degraded: no-uplink server-unreachable', 5000), 'degraded: no-uplink server-unreachable');
  await change(scene, 'ip link set eth0 up', 'ip -6 address replace 2001:db8:6::1/64 dev eth0');
  await change(scene, `ip -6 route replace default via ${SERVER}`);
  t.is(await becomes(scene, 'up', 5000), 'up');
  t.is(await works(scene), 'yes');
});

test.serial('a host without any IPv4 serves its IPv4-only programs', async (t) => {
  const scene = await withDaemon(t, (all) => change(all, 'ip -4 address flush dev eth0'));
  t.is(await becomes(scene, 'up'), 'up');
  t.is(await fetches(scene), 'yes');
});

test.serial('E20, S7: IPv4 that comes and goes: a name with both has a spool address only without', async (t) => {
  const zone = `both.example. 5 IN A 203.0.113.7\nboth.example. 5 IN AAAA ${SERVER}\n`;
  const scene = await withDaemon(t, nothing, zone);
  const answer = async (): Promise<string> =>
    (await scene.dual.must(['dig', '+short', 'both.example', 'A'])).trim().replace(/^10\.170\..*/, 'spool');
  for (let round = 0; round < 2; round++) {
    t.is(await settlesAt(answer, '203.0.113.7'), '203.0.113.7');
    await change(scene, 'ip -4 address flush dev eth0');
    t.is(await settlesAt(answer, 'spool'), 'spool');
    await change(scene, 'ip -4 address add 198.51.100.1/24 dev eth0');
  }
  t.is(await settlesAt(answer, '203.0.113.7'), '203.0.113.7');
});

test.serial('loopback that is down is a reason, with the command that mends it', async (t) => {
  const scene = await withDaemon(t, (all) => change(all, 'ip link set lo down'));
  t.is(await becomes(scene, 'degraded: loopback-down'), 'degraded: loopback-down');
  const command = (await scene.agent.status())?.reasons[0]?.command ?? '';
  t.is(command, 'ip link set lo up');
  await change(scene, command);
  t.is(await becomes(scene, 'up'), 'up');
  t.is(await works(scene), 'yes');
});

/** Sets the MTU of both ends of the link. */
async function setMtu(lab: Lab, mtu: number): Promise<void> {
  for (const name of ['dual', 'host6']) await lab.host(name).must(['ip', 'link', 'set', 'eth0', 'mtu', String(mtu)]);
}

/** The MTU that `bis status` tells. */
const told = async ({ agent }: DaemonScene): Promise<string> => String((await agent.status())?.device?.mtu);

/** A megabyte down, and one up. */
async function bothWays(scene: DaemonScene): Promise<string> {
  const server = scene.host6.start(['iperf3', '-s', '-1', '--forceflush']);
  await server.says(/listening on/);
  const { status, stdout } = await scene.dual.run(['iperf3', '-4', '-c', 'six.example', '-n', '1M', '-J']);
  return `${await fetches(scene, 1_000_000)} ${status === 0 ? 'yes' : stdout}`;
}

for (const mtu of [9000, 1280]) {
  test.serial(`S7: an uplink of ${mtu} octets, from the start and later`, async (t) => {
    const scene = await withDaemon(t, ({ lab }) => setMtu(lab, mtu));
    t.is(await told(scene), String(mtu - 20));
    t.is(await bothWays(scene), 'yes yes');
    const other = mtu === 9000 ? 1280 : 9000;
    await setMtu(scene.lab, other);
    t.is(await settlesAt(() => told(scene), String(other - 20)), String(other - 20));
    t.is(await bothWays(scene), 'yes yes');
  });
}

test.serial('S4: what is too big for the uplink is told to the program that sent it', async (t) => {
  const scene = await withDaemon(t, nothing);
  // A route that promises more than the uplink carries: else the program's own kernel says so.
  await change(scene, 'ip route replace 10.170.160.0/20 dev bis0 src 172.21.112.1 mtu 9000');
  const argv = ['ping', '-4', '-c', '3', '-i', '0.3', '-W', '1', '-M', 'do', '-s', '3000', 'six.example'];
  const { stdout, stderr } = await scene.dual.run(argv);
  t.regex(stdout + stderr, /Frag needed and DF set \(mtu = 1480\)/);
});

test.serial(
  'a network of several uplinks: one that comes later carries packets, and the host is no router',
  async (t) => {
    const scene = await withDaemon(t, nothing);
    const peer = scene.lab.host('host6').namespace;
    await change(
      scene,
      `ip link add eth1 type veth peer name eth1 netns ${peer}`,
      'ip -6 address add 2001:db8:9::1/64 dev eth1 nodad',
      'ip link set eth1 up',
    );
    const { host6 } = scene;
    await host6.must(['ip', '-6', 'address', 'add', '2001:db8:9::2/64', 'dev', 'eth1', 'nodad']);
    await host6.must(['ip', 'link', 'set', 'eth1', 'up']);
    await host6.must(['ping', '-c1', '-w10', '2001:db8:9::1']);
    // The server's own answers are to come from the address that was asked.
    await host6.must(['ip', '-6', 'route', 'replace', '2001:db8:9::1/128', 'dev', 'eth1', 'src', SERVER]);
    const uplinks = async (): Promise<string> => ((await scene.agent.status())?.uplinks ?? []).join(' ');
    t.is(await settlesAt(uplinks, 'eth0 eth1', 5000), 'eth0 eth1');
    await change(scene, `ip -6 route replace ${SERVER}/128 via 2001:db8:9::2 dev eth1`);
    t.is(await works(scene), 'yes');
    t.regex(await scene.dual.must(['nft', 'list', 'set', ...guardTable('ip6'), 'forced']), /"eth0",\s+"eth1"/);
  },
);

for (const command of [
  'ip address flush dev bis0',
  'ip link set bis0 down',
  'ip -4 route flush dev bis0',
  'ip -6 route flush dev bis0',
]) {
  test.serial(`S6: \`${command}\` is mended`, async (t) => {
    const scene = await withDaemon(t, nothing);
    t.is(await fetches(scene), 'yes');
    await change(scene, command);
    t.is(await works(scene), 'yes');
    t.is(await becomes(scene, 'up', 2000), 'up');
  });
}
