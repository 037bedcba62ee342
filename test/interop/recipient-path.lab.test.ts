/**
 * Flows that the peer begins, over a path with less room than either end believes: both find out, in no time, and nothing
 * is lost for good (RFC 7915 §4.4, §5.2). Needs root and python3.
 */
import test from 'ava';
import type { Program } from '../lab/program.ts';
import { narrow } from './probe-networks.ts';
import { endProbeScene, type ProbeScene, python, setProbeScene } from './probe-scene.ts';

const DUAL = '2001:db8:1::1';
const PORT = '8080';
/** Octets of room on the way, and what IPv4 has of that. */
const MTU = 1280;
const MTU4 = MTU - 20;
const OCTETS = '20000000';
/** Sizes of datagrams around everything that is a limit somewhere. */
const sizes = '1,1203-1262,1423-1482,2999,8191,16384,32769,65000,65505-65507';

let scene: ProbeScene;
let server: Program;
test.before(async () => {
  scene = await setProbeScene(narrow(MTU), { host: 'near', device: 'lan0' });
  server = scene.dual.start([...python('ipv4-server.py'), PORT]);
  await server.says(/ready/);
  await scene.agent.tell('expose', `tcp/${PORT}`, `udp/${PORT}`);
});
test.after.always(() => scene?.lab.demolish());

test.beforeEach(async () => {
  for (const [host, family] of [
    [scene.dual, '-4'],
    [scene.dual, '-6'],
    [scene.host6, '-6'],
  ] as const) {
    await host.must(['ip', family, 'route', 'flush', 'cache']);
  }
});

async function peer(...words: string[]): Promise<unknown> {
  return JSON.parse(await scene.host6.must([...python('ipv6-program.py'), ...words]));
}

/** The MTU each end knows of the path; `none` where it learnt nothing. */
async function learnt(): Promise<[dual: string, host6: string]> {
  const { dual, host6 } = scene;
  const routes = [
    dual.must(['ip', '-4', 'route', 'get', '10.170.160.1']),
    host6.must(['ip', '-6', 'route', 'get', DUAL]),
  ];
  const [four, six] = (await Promise.all(routes)).map((route) => /expires.*\bmtu (\d+)/.exec(route)?.[1] ?? 'none');
  return [four ?? '', six ?? ''];
}

test.serial(
  'RFC 7915 5.2-PTB, 4.1-DFOK: TCP that the peer begins finds the path out both ways, no black hole',
  async (t) => {
    t.true(await peer('stream', DUAL, PORT, OCTETS));
    t.deepEqual(await learnt(), [`${MTU4}`, `${MTU}`]);
  },
);

test.serial(
  'RFC 7915 5.1.1-FH, 4.1-FRAG: UDP that the peer begins loses one datagram to finding out, each way',
  async (t) => {
    t.deepEqual(await peer('echo', DUAL, PORT, '1432', 'want', '3'), {});
    t.deepEqual(await peer('echo', DUAL, PORT, sizes, 'want', '1'), {});
    t.deepEqual(await learnt(), [`${MTU4}`, `${MTU}`]);
  },
);

test.serial('a ping of any size from the peer is the host’s own, here too', async (t) => {
  for (const size of ['0', '1232', '1233', '1452', '65507']) {
    await scene.host6.run(['ping', '-c', '2', '-i', '0.1', '-W', '1', '-s', size, DUAL]);
    t.regex(await scene.host6.must(['ping', '-c', '2', '-i', '0.1', '-s', size, DUAL]), / 2 received/, size);
  }
});

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  await server.stop();
  t.deepEqual(await endProbeScene(scene), []);
});
