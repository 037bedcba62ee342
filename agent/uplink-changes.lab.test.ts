/** Uplinks that change under a long download: flows that begin a second later work, and nothing has a stale source. Needs root. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { pair, routed, SERVER } from '../test/lab/networks.ts';
import type { Program } from '../test/lab/program.ts';
import type { Topology } from '../test/lab/topology.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

async function withDaemon(t: ExecutionContext, topology: Topology): Promise<DaemonScene> {
  const scene = await setDaemonScene(topology);
  t.teardown(() => scene.lab.demolish());
  await scene.agent.start();
  return scene;
}

async function all({ dual }: DaemonScene, ...commands: string[]): Promise<void> {
  for (const command of commands) await dual.must(command.split(' '));
}

/** A download that takes longer than the test, under way. */
async function downloads({ dual }: DaemonScene): Promise<Program> {
  const url = 'http://six.example/bytes/100000000000';
  const program = dual.start(['curl', '-sS', '-4', '--limit-rate', '1M', '-o', '/dev/null', url]);
  const isUnderWay = async (): Promise<string> =>
    /ESTAB.*:80\b/.test((await dual.run(['ss', '-tn'])).stdout) ? 'yes' : '';
  if ((await settlesAt(isUnderWay, 'yes', 8000)) !== 'yes') throw new Error(`No download:\n${program.stderr}`);
  return program;
}

/** How much has come of the download, in octets, as the kernel counts it. */
async function received({ dual }: DaemonScene): Promise<number> {
  const { stdout } = await dual.run(['ss', '-tni', 'dport', '=', ':80']);
  return Number(/bytes_received:(\d+)/.exec(stdout)?.[1] ?? Number.NaN);
}

/** What leaves by a device in the name of an address, apart from ICMP. */
async function watches({ dual }: DaemonScene, device: string, source: string): Promise<Program> {
  const watch = dual.start([
    'tcpdump',
    '-n',
    '-l',
    '-i',
    device,
    '-Z',
    'root',
    '-Q',
    'out',
    `tcp and src host ${source}`,
  ]);
  await watch.says(/listening on/);
  return watch;
}

/** A flow that begins a second after the change: whether it works. */
async function aSecondLater(scene: DaemonScene): Promise<string> {
  await sleep(1000);
  return fetches(scene);
}

test.serial('S7: from one uplink to another: new flows within a second, and nothing with the old source', async (t) => {
  t.timeout(90_000);
  const scene = await withDaemon(t, pair);
  const { dual, host6 } = scene;
  await all(scene, `ip link add eth1 type veth peer name eth1 netns ${host6.namespace}`);
  for (const [end, address] of [
    [dual, '2001:db8:9::1'],
    [host6, '2001:db8:9::2'],
  ] as const) {
    await end.must(['ip', '-6', 'address', 'add', `${address}/64`, 'dev', 'eth1', 'nodad']);
    await end.must(['ip', 'link', 'set', 'eth1', 'up']);
  }
  await host6.must(['ip', '-6', 'route', 'add', '2001:db8:9::1/128', 'dev', 'eth1', 'src', SERVER]);
  await host6.must(['ping', '-c1', '-w10', '2001:db8:9::1']);
  const download = await downloads(scene);
  const server = host6.start(['iperf3', '-s', '-1', '--forceflush']);
  await server.says(/listening on/);
  const upload = dual.start(['iperf3', '-4', '-c', 'six.example', '-t', '300', '-b', '10M', '--forceflush']);
  await upload.says(/Mbits/);
  const watch = await watches(scene, 'eth1', '2001:db8:6::1');
  await all(scene, `ip -6 route replace ${SERVER}/128 via 2001:db8:9::2 dev eth1`, 'ip link set eth0 down');
  t.is(await aSecondLater(scene), 'yes');
  // A download that only waits hears nothing, as on any host; who sends is told.
  t.is(await settlesAt(async () => `${upload.isRunning}`, 'false', 20_000), 'false');
  t.is((await watch.stop('SIGINT')).stdout.trim(), '');
  await download.stop('SIGKILL');
});

test.serial(
  'S7: without a default route for 10 s: then new flows work within a second, and old ones go on',
  async (t) => {
    t.timeout(60_000);
    const scene = await withDaemon(t, routed);
    const download = await downloads(scene);
    await all(scene, 'ip -6 route del default');
    await sleep(10_000);
    const before = await received(scene);
    await all(scene, 'ip -6 route add default via 2001:db8:1::fe');
    t.is(await aSecondLater(scene), 'yes');
    t.is(await settlesAt(async () => ((await received(scene)) > before ? 'yes' : 'no'), 'yes', 20_000), 'yes');
    t.true(download.isRunning);
    await download.stop('SIGKILL');
  },
);

test.serial(
  'S7: renumbered: new flows within a second, old ones are told, and nothing has the old source',
  async (t) => {
    const scene = await withDaemon(t, routed);
    const download = await downloads(scene);
    await all(
      scene,
      'ip -6 address add 2001:db8:1::77/64 dev eth0 nodad',
      'ip -6 address del 2001:db8:1::1/64 dev eth0',
      'ip -6 route replace default via 2001:db8:1::fe',
    );
    const watch = await watches(scene, 'eth0', '2001:db8:1::1');
    t.is(await aSecondLater(scene), 'yes');
    t.is(await settlesAt(async () => `${download.isRunning}`, 'false', 5000), 'false');
    t.is((await watch.stop('SIGINT')).stdout.trim(), '');
  },
);
