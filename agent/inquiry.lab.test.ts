/** `bis resolve`, `bis explain` and the question log of a real daemon in a lab. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SERVER } from '../test/lab/networks.ts';
import type { NameExplanation, Resolution } from './control/agent.ts';
import { type DaemonScene, fetches, setDaemonScene } from './testing/daemon-scene.ts';

let scene: DaemonScene;
test.before(async () => {
  scene = await setDaemonScene();
  await scene.agent.start();
});
test.after.always(() => scene?.lab[Symbol.asyncDispose]());

async function run(...words: string[]) {
  return scene.agent.tell(...words);
}

const logged = (): string => scene.agent.daemon.stdout + scene.agent.daemon.stderr;

const first = async (name: string): Promise<NameExplanation['servers'][number] | undefined> =>
  (JSON.parse((await run('explain', name, '--json')).stdout) as NameExplanation).servers[0];

test.serial('explain before anybody asked: it would be synthesized, and nothing is mapped by saying so', async (t) => {
  const explained = await first('six.example');
  t.is(explained?.outcome, 'synthesized');
  t.deepEqual(explained?.servers, [`${SERVER}#53 on eth0`]);
  t.is(explained?.row?.aaaa, 'usable');
  t.deepEqual(explained?.mappings, [{ ipv6: SERVER, explicit: null, mapping: null }]);
  t.is((await run('explain', SERVER)).stdout, `${SERVER} has no spool address now\n`);
  t.is((await scene.agent.status())?.spool?.used, 0);
});

test.serial('resolve promises a mapping, which explain then shows with its last packet', async (t) => {
  const { stdout, status } = await run('resolve', 'six.example', '--json');
  t.is(status, 0);
  t.deepEqual((JSON.parse(stdout) as Resolution).answers, ['six.example. 60 IN A 10.170.160.1']);
  t.is(await fetches(scene), 'yes');
  const mapping = (await first('six.example'))?.mappings[0]?.mapping;
  t.is(mapping?.ipv4, '10.170.160.1');
  t.is(typeof mapping?.lastPacketSecondsAgo, 'number');
  t.regex((await run('explain', '10.170.160.1')).stdout, new RegExp(`^10\\.170\\.160\\.1 stands for ${SERVER}\n`));
  t.log((await run('resolve', 'six.example')).stdout);
  t.log((await run('explain', 'six.example')).stdout);
  t.log((await run('explain', '10.170.160.1')).stdout);
  t.log((await run('status')).stdout);
});

test.serial('a type that nobody knows is wrong usage, and says so', async (t) => {
  for (const command of ['resolve', 'explain'])
    t.like(await run(command, 'six.example', 'FOO'), {
      status: 2,
      stderr: 'bis: Cannot ask for "FOO": it is no type\n',
    });
});

test.serial('S12: names are in the log only if that is asked for', async (t) => {
  const status = await scene.agent.status();
  t.true(Object.keys(status?.resolver?.answerTable ?? {}).some((row) => row.endsWith('/usable')));
  t.regex(logged(), /"msg":"Up"/);
  t.notRegex(logged(), /six\.example/);
  await scene.agent.daemon.stop('SIGTERM', 5000);
  const config = path.join(scene.lab.directory, 'log.toml');
  fs.writeFileSync(config, '[resolver]\nlogQuestions = true\n');
  await scene.agent.start(10_000, '--config', config);
  await run('resolve', 'six.example');
  t.regex(logged(), /"name":"six\.example","type":"A",.*"outcome":"synthesized \(/);
});
