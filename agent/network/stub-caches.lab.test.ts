/** Caches of the host, each with a real program: what they kept is gone when we come, go, and are killed. Needs root. */
import test, { type ExecutionContext } from 'ava';
import { startDnsmasq } from '../../test/lab/dnsmasq.ts';
import { SERVER } from '../../test/lab/networks.ts';
import { writeFile } from '../../test/lab/own-system.ts';
import { toolCommand } from '../../test/lab/tools.ts';
import { settlesAt } from '../testing/daemon-scene.ts';
import { finds, type ResolvedScene, setResolvedScene, ways } from '../testing/resolved-scene.ts';

const CACHING_STUB = '127.0.0.2';

const NSCD_CONF = [
  'server-user root',
  'enable-cache hosts yes',
  'positive-time-to-live hosts 600',
  'negative-time-to-live hosts 600',
];

async function withScene(t: ExecutionContext, hosts?: string): Promise<ResolvedScene> {
  const scene = await setResolvedScene({ settings: ['DNSSEC=no'], ...(hosts === undefined ? {} : { hosts }) });
  t.teardown(() => scene.lab.demolish());
  return scene;
}

/** What is found before, while and after we are up, and after we were killed; the same way each time. */
async function story(scene: ResolvedScene, how: readonly string[]): Promise<string[]> {
  const told: string[] = [await finds(scene, how)];
  await scene.agent.start();
  told.push(await finds(scene, how));
  await scene.agent.daemon.stop('SIGTERM', 8000);
  told.push(await finds(scene, how));
  return told;
}

test.serial('E16: systemd-resolved: at start, at stop, with the mappings, and when we are killed', async (t) => {
  const scene = await withScene(t);
  t.deepEqual(await story(scene, ways.nss), ['nothing', 'synthesized', 'nothing']);
  await scene.agent.start();
  t.is(await finds(scene, ways.nss), 'synthesized');
  const kept = async (): Promise<string> =>
    /Current Cache Size: (\d+)/.exec(await scene.dual.must(['resolvectl', 'statistics']))?.[1] ?? 'no figure';
  t.not(await kept(), '0');
  t.is((await scene.agent.tell('flush', '--force')).status, 0);
  t.is(await settlesAt(kept, '0', 2000), '0', 'and when mappings are flushed');
  t.is(await finds(scene, ways.nss), 'synthesized');
  scene.agent.daemon.signal('SIGKILL');
  t.is(await settlesAt(() => finds(scene, ways.nss), 'nothing', 2000), 'nothing');
});

test.serial('E16: nscd, which knows for ten minutes', async (t) => {
  const scene = await withScene(t, 'files dns');
  await writeFile(scene.dual, '/etc/nscd.conf', NSCD_CONF.map((line) => `${line}\n`).join(''));
  await scene.dual.must(['mkdir', '-p', '/run/nscd']);
  scene.dual.start([...toolCommand('nscd'), '-F']);
  const isUp = async (): Promise<string> => String((await scene.dual.run(['test', '-S', '/run/nscd/socket'])).status);
  t.is(await settlesAt(isUp, '0'), '0');
  t.deepEqual(await story(scene, ways.nss), ['nothing', 'synthesized', 'nothing']);
});

test.serial('E16: dnsmasq that is a stub of this host and asks the server that is caught', async (t) => {
  const scene = await withScene(t, 'files dns');
  await scene.dual.must(['ln', '-sfn', '/run/plain-resolv.conf', '/etc/resolv.conf']);
  await writeFile(scene.dual, '/run/plain-resolv.conf', `nameserver ${SERVER}\n`);
  await startDnsmasq(scene.dual, CACHING_STUB, SERVER);
  t.deepEqual(await story(scene, ['dig', `@${CACHING_STUB}`]), ['nothing', 'synthesized', 'nothing']);
});
