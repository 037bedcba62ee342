/** Interfaces whose names a shell, nft or a path would take for something else: left alone, and nothing is run (S9). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { becomes, fetches, setDaemonScene } from './testing/daemon-scene.ts';

/** Names that the kernel takes: up to 15 octets without a slash, a colon, a percent sign or a space. */
const NAMES = ['a;b', '$(x)', '`x`', '*', '{eth0}', '"drop"', '-x', '..eth0', "x'y", '#'];

test.serial('S9: a host with such names is served, at the start and when they appear later', async (t) => {
  const scene = await setDaemonScene();
  t.teardown(() => scene.lab.demolish());
  const { agent, dual } = scene;
  // Programs that would be run if a name were taken for a command.
  const trap = path.join(scene.lab.directory, 'trap');
  fs.mkdirSync(trap);
  for (const name of ['x', 'b']) {
    fs.writeFileSync(path.join(trap, name), `#!/bin/sh\ntouch ${trap}/sprung\n`, { mode: 0o755 });
  }
  const add = async (name: string, number: number): Promise<void> => {
    await dual.must(['ip', 'link', 'add', 'name', name, 'type', 'bridge']);
    await dual.must(['ip', 'link', 'set', 'dev', name, 'up']);
    await dual.must(['ip', '-6', 'address', 'add', `2001:db8:${number + 100}::1/64`, 'dev', name, 'nodad']);
    await dual.must(['ip', '-6', 'route', 'add', `2001:db8:${number + 200}::/48`, 'dev', name]);
    await dual.must(['ip', 'address', 'add', `198.18.${number}.1/24`, 'dev', name]);
  };
  const half = Math.floor(NAMES.length / 2);
  for (const [number, name] of NAMES.slice(0, half).entries()) await add(name, number);
  const before = await dual.snapshot();
  await agent.start();
  t.is(await fetches(scene), 'yes');
  for (const [number, name] of NAMES.slice(half).entries()) await add(name, number + half);
  t.is(await becomes(scene, 'up'), 'up');
  t.is(await fetches(scene), 'yes');
  t.deepEqual((await agent.status())?.uplinks, ['eth0']);
  t.is((await agent.tell('doctor')).stdout.match(/^fail .*$/gm), null);
  t.notRegex(agent.daemon.stderr + agent.daemon.stdout, /syntax error|Cannot follow/);
  for (const name of NAMES.slice(half)) await dual.must(['ip', 'link', 'del', 'dev', name]);
  t.is((await agent.tell('stop')).status, 0);
  t.deepEqual(await dual.differencesSince(before, 1000), []);
  t.false(fs.existsSync(path.join(trap, 'sprung')));
});
