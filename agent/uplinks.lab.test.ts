/** Several uplinks, overlay networks, and sources that routes name: which way packets go, and whose they are. Needs root. */
import test, { type ExecutionContext } from 'ava';
import { pair, SERVER } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

/** A scene with a daemon that is up, and what it was before. */
async function withDaemon(t: ExecutionContext, prepare: (scene: DaemonScene) => Promise<unknown>, zone = '') {
  const scene = await setDaemonScene(pair, zone);
  t.teardown(() => scene.lab.demolish());
  await prepare(scene);
  const before = await scene.dual.snapshot();
  await scene.agent.start();
  return { ...scene, before };
}

/** Ends the daemon: what is not of the test's own making has to be as before. */
async function ends(t: ExecutionContext, { agent, dual, before }: DaemonScene & { before: Snapshot }): Promise<void> {
  t.is((await agent.tell('stop')).status, 0);
  t.deepEqual(await dual.differencesSince(before, 1000, ['nft', 'sysctls', 'rules', 'resolvConf']), []);
}

async function all({ dual }: DaemonScene, ...commands: string[]): Promise<void> {
  for (const command of commands) await dual.must(command.split(' '));
}

/** Whose packets the server has seen from an IPv4-only program that asked for a page; what the program says without one. */
async function source({ dual }: DaemonScene, name = 'six.example'): Promise<string> {
  const { stdout, stderr } = await dual.run(['curl', '-sS', '-4', '--max-time', '3', `http://${name}/`]);
  return /You are (\S+)\.$/m.exec(stdout)?.[1] ?? `${stdout}${stderr}`.trim();
}

const settles = (scene: DaemonScene, wanted: string): Promise<string> => settlesAt(() => source(scene), wanted, 5000);

const [ONE, OTHER] = ['2001:db8:6::1', '2001:db8:6::77'];

test.serial('S7: the source that a route names is that of the packets, as routes come and go', async (t) => {
  const scene = await withDaemon(t, (it) =>
    all(it, `ip -6 address add ${OTHER}/64 dev eth0 nodad`, `ip -6 route replace ${SERVER}/128 dev eth0 src ${OTHER}`),
  );
  t.is(await source(scene), OTHER, 'from the start');
  await all(scene, `ip -6 route replace ${SERVER}/128 dev eth0 src ${ONE}`);
  t.is(await settles(scene, ONE), ONE);
  await all(scene, `ip -6 route replace ${SERVER}/128 dev eth0 src ${OTHER}`);
  t.is(await settles(scene, OTHER), OTHER);
  const download = scene.dual.start(['curl', '-sS', '-4', '-o', '/dev/null', 'http://six.example/bytes/100000000000']);
  const isUnderWay = async (): Promise<string> =>
    /ESTAB/.test((await scene.dual.run(['ss', '-tn'])).stdout) ? 'yes' : '';
  t.is(await settlesAt(isUnderWay, 'yes'), 'yes');
  await all(scene, `ip -6 address del ${OTHER}/64 dev eth0`);
  const watch = scene.host6.start(['tcpdump', '-n', '-l', '-i', 'eth0', '-Z', 'root', `tcp and src host ${OTHER}`]);
  await watch.says(/listening on/);
  t.is(await settles(scene, ONE), ONE);
  t.is((await watch.stop('SIGINT')).stdout.trim(), '', 'nothing is sent in the name of an address that is gone');
  await download.stop('SIGKILL');
  await ends(t, scene);
});

const [MESH, MESH_PEER] = ['2001:db8:77::1', '2001:db8:77::2'];
const FAR = '2001:db8:88::2';

test.serial(
  'S7: an overlay network beside the native uplink: each name goes its way, by policy routes too',
  async (t) => {
    const zone = `mesh.example. 300 IN AAAA ${MESH_PEER}\nfar.example. 300 IN AAAA ${FAR}\n`;
    const overlay = async ({ dual, host6 }: DaemonScene): Promise<void> => {
      const wire = dual.start(['python3', 'agent/testing/overlay.py', dual.namespace, host6.namespace, 'mesh0']);
      await wire.says(/ready/);
      for (const [end, address] of [
        [dual, MESH],
        [host6, MESH_PEER],
      ] as const) {
        await end.must(['ip', '-6', 'address', 'add', `${address}/64`, 'dev', 'mesh0', 'nodad']);
        await end.must(['ip', 'link', 'set', 'mesh0', 'up', 'mtu', '1280']);
      }
      await host6.must(['ip', '-6', 'address', 'add', `${FAR}/128`, 'dev', 'lo', 'nodad']);
    };
    const scene = await withDaemon(
      t,
      async (it) => {
        await overlay(it);
        await all(it, 'ip -6 route add default dev mesh0 table 100', `ip -6 rule add to ${FAR} lookup 100`);
      },
      zone,
    );
    t.deepEqual((await scene.agent.status())?.uplinks, ['eth0', 'mesh0']);
    t.is(await source(scene, 'mesh.example'), MESH);
    t.is(await source(scene, 'far.example'), MESH, 'by the policy route');
    t.is(await source(scene), ONE, 'and natively');
    await ends(t, scene);
  },
);
