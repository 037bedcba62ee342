/**
 * What would go round: names that lead back to this host, to our own prefix, or to a route into the device. Nothing is
 * synthesized where it can be known, and what comes up later is refused at once and counted. Needs root and python3.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { pair } from '../lab/networks.ts';
import { ask, endProbeScene, type ProbeScene, setProbeScene } from './probe-scene.ts';

let scene: ProbeScene;
test.before(async () => {
  scene = await setProbeScene(pair, { host: 'host6', device: 'eth0' });
});
test.after.always(() => scene?.lab.demolish());

/** Packets that a chain of ours has counted. */
async function counted(chain: string): Promise<number> {
  // Where the kernel keeps tables, one of the two chains is the guard's.
  const tables = (await scene.dual.must(['nft', 'list', 'ruleset'])).split(/^table /m);
  const chains = tables.filter((table) => table.startsWith('ip6 bis')).flatMap((table) => table.split(/^\tchain /m));
  const own = chains.find((text) => text.startsWith(`${chain} `)) ?? '';
  const rejected = own.split('\n').filter((line) => line.includes('reject with icmpv6'));
  return rejected.reduce((sum, line) => sum + Number(/packets (\d+)/.exec(line)?.[1]), 0);
}

test.serial('S1: a peer whose address becomes one of the host’s own is refused at once, and counted', async (t) => {
  const { dual } = scene;
  // A mapping of before: noroute.example is 2001:db8:99::1.
  const address = (await dual.must(['dig', '+short', 'noroute.example', 'A'])).trim();
  await dual.must(['ip', 'address', 'add', '2001:db8:99::1/128', 'dev', 'eth0']);
  t.like(await ask(scene, 'send', address, '9'), { outcome: 'EHOSTUNREACH' });
  t.like(await ask(scene, 'connect', address, '9'), { outcome: 'EHOSTUNREACH' });
  t.true((await counted('input')) >= 2);
  await dual.must(['ip', 'address', 'del', '2001:db8:99::1/128', 'dev', 'eth0']);
});

test.serial('S1: a destination that is routed back into the device is refused at once, and counted', async (t) => {
  const { dual } = scene;
  t.regex(await dual.must(['dig', '+short', 'unreachable.example', 'A']), /^10\.170\./);
  await dual.must(['ip', '-6', 'route', 'add', '2001:db8:77::1', 'dev', 'bis0']);
  t.like(await ask(scene, 'send', 'unreachable.example', '9'), { outcome: 'EHOSTUNREACH' });
  t.like(await ask(scene, 'connect', 'unreachable.example', '9'), { outcome: 'EHOSTUNREACH' });
  t.true((await counted('forward')) >= 2);
  await dual.must(['ip', '-6', 'route', 'del', '2001:db8:77::1', 'dev', 'bis0']);
});

test.serial('S1: what this host sends to its own prefix makes no mapping, whoever is let in', async (t) => {
  const { agent, dual } = scene;
  await agent.tell('expose', 'tcp/1-65535', 'udp/1-65535');
  const before = (await agent.tell('mappings')).stdout.split('\n').length;
  const status = await agent.status();
  const prefix = (status?.self ?? '').replace(/\/96$/, '');
  for (const target of ['ac15:7001', '808:808', 'aaa:a001']) {
    const client = path.join(scene.lab.directory, 'client.py');
    fs.writeFileSync(client, sender);
    await dual.must(['python3', client, `${prefix}${target}`]);
  }
  await agent.tell('unexpose', 'tcp/1-65535', 'udp/1-65535');
  const after = await agent.status();
  t.is(after?.translator?.sixToFour.packets, status?.translator?.sixToFour.packets);
  const strangers = (of: typeof after): number => of?.translator?.sixToFour.verdicts['dropped-stranger'] ?? 0;
  t.true(strangers(after) > strangers(status), 'it did get there');
  t.is((await agent.tell('mappings')).stdout.split('\n').length, before);
});

const sender = `
import socket, sys
opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for _ in range(5):
    opened.sendto(b"anybody?", (sys.argv[1], 9))
`;

test.serial('S5: at the end the host is as it was, and nothing leaked', async (t) => {
  t.deepEqual(await endProbeScene(scene), []);
});
