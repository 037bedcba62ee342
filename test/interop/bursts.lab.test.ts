/**
 * Datagrams that wait for the translator together: it joins them on their way into the kernel, and nobody else sees
 * anything of it. While the agent stands still (SIGSTOP) they pile up, first those of a program, then those of its peer.
 * Needs root and python3.
 */
import test from 'ava';
import { gso } from '../../translator/packet-buffer.ts';
import { pair } from '../lab/networks.ts';
import { packetsDuring } from '../lab/packets-during.ts';
import { endProbeScene, type ProbeScene, python, setProbeScene } from './probe-scene.ts';

/** Of the peer, which keeps what comes to it. */
const KEEP_PORT = 1003;

let scene: ProbeScene;
let target: string;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
  target = (await scene.dual.must(['getent', 'ahostsv4', 'six.example'])).split(/\s/)[0] ?? '';
});
test.after.always(() => scene?.lab.demolish());

/** Says a word to the peer, from its own host; returns how many datagrams it keeps. */
async function peer(word: 'count' | 'back'): Promise<number> {
  const program = `import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(10)
s.sendto(b'${word}', ('::1', ${KEEP_PORT}))
print(s.recv(99).decode())`;
  return Number(await scene.host6.must(['python3', '-c', program]));
}

/** Has something done while the agent stands still. */
async function meanwhile(act: () => Promise<unknown>): Promise<void> {
  scene.agent.daemon.signal('SIGSTOP');
  try {
    await act();
  } finally {
    scene.agent.daemon.signal('SIGCONT');
  }
}

/** Sends datagrams of these lengths there and back. Returns the order they came back in, and what passed `bis0`. */
async function thereAndBack(lengths: readonly number[]) {
  const argv = [...python('ipv4-program.py'), 'burst', target, ...lengths.map(String)];
  let order: number[] = [];
  const passed = await packetsDuring(scene.dual, 'bis0', async () => {
    const program = scene.dual.start(argv);
    await meanwhile(() => program.says(/^sent$/m));
    const deadline = performance.now() + 10_000;
    while ((await peer('count')) < lengths.length && performance.now() < deadline);
    await meanwhile(() => peer('back'));
    const { stdout, stderr } = await program.ended();
    if (stdout === '') throw new Error(`Not all came back: ${stderr}`);
    order = JSON.parse(stdout) as number[];
  });
  return { order, passed };
}

/** How many packets of an IP version that passed were several datagrams. */
const joined = (passed: Awaited<ReturnType<typeof packetsDuring>>, version: number): number =>
  passed.filter(({ view, start, offload }) => view.getUint8(start) >>> 4 === version && offload.gsoType === gso.UDP_L4)
    .length;

for (const [what, lengths] of [
  ['datagrams of 64 octets', new Array<number>(200).fill(64)],
  ['datagrams of 1400 octets, where a packet holds 46', new Array<number>(120).fill(1400)],
  ['datagrams of many lengths', Array.from({ length: 150 }, (_, number) => [200, 200, 200, 90, 1300][number % 5] ?? 0)],
] as const) {
  test.serial(`${what} are joined in both directions, and arrive one by one, all of them and in order`, async (t) => {
    const { order, passed } = await thereAndBack(lengths);
    t.deepEqual(
      order,
      lengths.map((_, number) => number),
    );
    t.true(joined(passed, 6) > 0);
    t.true(joined(passed, 4) > 0);
    const own = passed.filter(({ offload }) => offload.gsoType === gso.UDP_L4).map(({ offload }) => offload.gsoSize);
    t.deepEqual(new Set(own).difference(new Set(lengths)), new Set());
  });
}

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
