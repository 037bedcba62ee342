/** Mode `resolv.conf`: the file is ours while it is up, whoever writes it, and theirs afterwards. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Agent } from '../../test/lab/agent.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem, writeFile } from '../../test/lab/own-system.ts';
import { becomesState, type DaemonScene, fetches, setDaemonScene, settlesAt } from '../testing/daemon-scene.ts';

/** How soon what others write has to be followed, with the time that asking takes here. */
const SOON_MILLISECONDS = 2000;

let scene: DaemonScene;
let dual: LabHost;
let agent: Agent;
let config: string;
let files: string;
test.before(async () => {
  scene = await setDaemonScene();
  dual = await giveOwnSystem(scene.lab, scene.dual);
  agent = new Agent(scene.lab, dual);
  scene = { ...scene, dual, agent };
  config = path.join(scene.lab.directory, 'bis.toml');
  fs.writeFileSync(config, '[resolver]\nmode = "resolv.conf"\n');
  files = await beside();
});
test.after.always(() => scene?.lab.demolish());

const start = (): Promise<unknown> => agent.start(10_000, '--config', config);
const read = (): Promise<string> => dual.must(['cat', '/etc/resolv.conf']);
/** The file and all that is beside it by its name, of the machine's too. */
const beside = (): Promise<string> => dual.must(['find', '/etc', '-maxdepth', '1', '-name', 'resolv.conf*']);
const servers = async (): Promise<string> =>
  ((await agent.status())?.resolver?.servers ?? []).map(({ server }) => server).join(' ');

const theirs = `# by hand\nsearch example\nnameserver ${SERVER}\n`;
const isOurs = /^# bis: .*\nsearch example\nnameserver 127\.0\.0\.98\n$/s;

test.serial('S5: programs ask us by the file, and SIGTERM puts it back as it was', async (t) => {
  await writeFile(dual, '/etc/resolv.conf', theirs);
  const before = await dual.snapshot();
  const inode = await dual.must(['stat', '-c', '%i %a', '/etc/resolv.conf']);
  await start();
  t.regex(await read(), isOurs);
  t.is(await servers(), `${SERVER}#53`);
  t.is(await fetches(scene), 'yes');
  t.regex(await dual.must(['dig', '+short', '+tcp', 'six.example', 'A']), /^10\.170\./);
  t.deepEqual(await dual.must(['nft', 'list', 'chains']).then((text) => /chain (caught|snoop)\b/.exec(text)), null);
  t.is((await agent.daemon.stop('SIGTERM', 5000)).status, 0);
  t.is(await read(), theirs);
  t.is(await dual.must(['stat', '-c', '%i %a', '/etc/resolv.conf']), inode);
  t.is(await beside(), files);
  t.deepEqual(await dual.differencesSince(before), []);
});

test.serial('S5: kill -9: the janitor puts it back, link and all', async (t) => {
  await writeFile(dual, '/run/NetworkManager/resolv.conf', theirs);
  await dual.must(['ln', '-sfn', '../run/NetworkManager/resolv.conf', '/etc/resolv.conf']);
  await start();
  t.regex(await read(), isOurs);
  t.is(await fetches(scene), 'yes');
  agent.daemon.signal('SIGKILL');
  const link = async (): Promise<string> => (await dual.run(['readlink', '/etc/resolv.conf'])).stdout.trim();
  t.is(await settlesAt(link, '../run/NetworkManager/resolv.conf'), '../run/NetworkManager/resolv.conf');
  t.is(await beside(), files);
  t.is(await dual.must(['dig', '+short', 'six.example', 'AAAA']), `${SERVER}\n`);
});

test.serial('what is written behind the link is asked, without a change of our file', async (t) => {
  await start();
  const ours = await read();
  await writeFile(
    dual,
    '/run/NetworkManager/resolv.conf',
    `search example\nnameserver ${SERVER}\nnameserver 198.51.100.9\n`,
  );
  const both = `${SERVER}#53 198.51.100.9#53`;
  t.is(await settlesAt(servers, both, SOON_MILLISECONDS), both);
  t.is(await read(), ours);
});

test.serial(
  'a file that others put there is followed and replaced, ten times at most; then it is theirs',
  async (t) => {
    const ofRound = (round: number): string => `search example\nnameserver ${SERVER}\nnameserver 198.51.100.${round}\n`;
    const replaceBy = async (text: string): Promise<void> => {
      await writeFile(dual, '/etc/resolv.conf.theirs', text);
      await dual.must(['mv', '/etc/resolv.conf.theirs', '/etc/resolv.conf']);
    };
    for (let round = 1; round <= 10; round++) {
      await replaceBy(ofRound(round));
      const wanted = `${SERVER}#53 198.51.100.${round}#53`;
      t.is(await settlesAt(servers, wanted, SOON_MILLISECONDS), wanted);
      t.is(await settlesAt(async () => String(isOurs.test(await read())), 'true', SOON_MILLISECONDS), 'true');
    }
    t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
    await replaceBy(ofRound(11));
    t.is(await becomesState(agent, 'degraded: resolv-conf', SOON_MILLISECONDS), 'degraded: resolv-conf');
    t.is(await read(), ofRound(11));
    t.is((await agent.daemon.stop('SIGTERM', 5000)).status, 0);
    t.is(await read(), ofRound(11));
    t.is(await beside(), files);
  },
);
