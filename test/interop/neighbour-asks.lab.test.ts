/**
 * A neighbour on the link who would like his questions answered (D5), from his own address and from forged ones, in the modes
 * that have a listener he can send to. Needs root and python3.
 */
import fs from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type DaemonScene, setDaemonScene } from '../../agent/testing/daemon-scene.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { lan } from '../lab/networks.ts';
import type { Snapshot } from '../lab/snapshot.ts';
import { python } from './probe-scene.ts';

const OWN4 = '198.51.100.1';
const OWN6 = '2001:db8:6::1';

let scene: DaemonScene;
let neighbour: LabHost;
let before: Snapshot;
let link = '';
test.before(async () => {
  scene = await setDaemonScene(lan);
  neighbour = scene.lab.host('neighbour');
  const shown = await scene.dual.must(['ip', '-j', 'link', 'show', 'eth0']);
  link = (JSON.parse(shown) as { address?: string }[])[0]?.address ?? '';
  before = await scene.dual.snapshot();
});
test.after.always(() => scene?.lab.demolish());

/** Starts the daemon with these lines about the resolver. */
async function start(...lines: readonly string[]): Promise<void> {
  const config = path.join(scene.lab.directory, 'asked.toml');
  fs.writeFileSync(config, ['[resolver]', ...lines, ''].join('\n'));
  await scene.agent.start(10_000, '--config', config);
}

const questions = async (): Promise<number> => (await scene.agent.status())?.resolver?.counters.questions ?? Number.NaN;

/** What a host's dig gets from a listener of ours: an address in short, or that nothing answers. */
async function dig(host: LabHost, address: string, port: number, ...words: readonly string[]): Promise<string> {
  const argv = [
    'dig',
    '+short',
    '+time=1',
    '+tries=1',
    '-p',
    String(port),
    `@${address}`,
    ...words,
    'six.example',
    'A',
  ];
  const { status, stdout } = await host.run(argv);
  return status === 0 && stdout.startsWith('10.170.')
    ? 'synthesized'
    : status === 9
      ? 'no answer'
      : `${status} ${stdout}`;
}

/** Asserts that the neighbour is not answered, that no question of his was even looked at, and that ours are. */
async function refused(t: ExecutionContext, port4: number, port6: number): Promise<void> {
  const before = await questions();
  const answers = neighbour.start([
    'tcpdump',
    '-n',
    '-l',
    '--immediate-mode',
    '-i',
    'eth0',
    `ether src ${link} and udp`,
  ]);
  await answers.says(/listening on/);
  const sent = await neighbour.must([...python('neighbour-asks.py'), link, String(port4), String(port6)]);
  t.is(Number(sent), (port4 > 0 ? 6 : 0) + (port6 > 0 ? 6 : 0));
  for (const [address, port] of [
    [OWN4, port4],
    [OWN6, port6],
  ] as const) {
    if (port === 0) continue;
    t.is(await dig(neighbour, address, port), 'no answer');
    t.is(await dig(neighbour, address, port, '+tcp'), 'no answer');
  }
  t.is((await questions()) - before, 0);
  t.deepEqual((await answers.stop('SIGINT')).stdout.split('\n').filter(Boolean), []);
}

test.serial(
  'D5: snoop: the port that caught questions are led to is deaf to a neighbour, forged source or not',
  async (t) => {
    await start('mode = "snoop"');
    const listener = (await scene.agent.status())?.resolver?.servers[0]?.listener ?? '';
    const port = Number(listener.slice(listener.indexOf('#') + 1));
    await refused(t, 0, port);
    t.is(await dig(scene.dual, OWN6, port), 'synthesized', 'this host is heard there');
    await scene.agent.daemon.stop('SIGTERM', 5000);
  },
);

const everywhere = 'listen = ["0.0.0.0:5353", "[::]:5353"]';
const upstreams = 'upstreams = ["[2001:db8:6::2]:53"]';

test.serial('D5: listen: on all addresses, and yet only this host is answered, forged source or not', async (t) => {
  await start('mode = "listen"', everywhere, upstreams);
  await refused(t, 5353, 5353);
  t.is(await dig(scene.dual, '127.0.0.1', 5353), 'synthesized');
  t.is(await dig(scene.dual, '::1', 5353), 'synthesized');
  await scene.agent.daemon.stop('SIGTERM', 5000);
});

test.serial('D5: listen: with his prefix in `serve` the neighbour is answered', async (t) => {
  await start('mode = "listen"', everywhere, upstreams, 'serve = ["198.51.100.0/24"]');
  t.is(await dig(neighbour, OWN4, 5353), 'synthesized');
  t.is(await dig(neighbour, OWN4, 5353, '+tcp'), 'synthesized');
  t.is(await dig(neighbour, OWN6, 5353), 'no answer');
  await scene.agent.daemon.stop('SIGTERM', 5000);
});

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await scene.dual.differencesSince(before), []);
});
