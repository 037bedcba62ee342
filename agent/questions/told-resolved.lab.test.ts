/** Mode `resolved`: systemd-resolved asks us for all names, for as long as the device is there. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SERVER } from '../../test/lab/networks.ts';
import { becomesState } from '../testing/daemon-scene.ts';
import { finds, type ResolvedScene, setResolvedScene, ways } from '../testing/resolved-scene.ts';

/** How soon a change has to be followed (S7), with the time that asking takes here. */
const SOON_MILLISECONDS = 2500;

let scene: ResolvedScene;
test.before(async () => {
  scene = await setResolvedScene({ settings: ['DNSSEC=no'] });
  fs.writeFileSync(path.join(scene.lab.directory, 'bis.toml'), '[resolver]\nmode = "resolved"\n');
});
test.after.always(() => scene?.lab.demolish());

const start = (): Promise<unknown> => scene.agent.start(10_000, '--config', path.join(scene.lab.directory, 'bis.toml'));

/** The servers and domains that systemd-resolved has for our device. */
async function told(): Promise<string> {
  const { stdout, stderr } = await scene.dual.run(['resolvectl', 'status', 'bis0']);
  return [...`${stdout}${stderr}`.matchAll(/(DNS Servers|DNS Domain): (.*)/g)].map(([, , value]) => value).join(' ');
}

test.serial('programs that ask systemd-resolved are answered, and it is told once', async (t) => {
  const before = await scene.dual.snapshot();
  await start();
  const { resolver, state } = (await scene.agent.status()) ?? {};
  t.deepEqual([state, resolver?.mode], ['up', 'resolved']);
  t.deepEqual(
    resolver?.servers.map(({ server, device, listener }) => `${server} ${device} ${listener}`),
    [`${SERVER}#53 eth0 172.21.112.1#53`],
  );
  t.is(await told(), '172.21.112.1 ~.');
  t.is(await finds(scene, ways.nss), 'synthesized');
  t.is(await finds(scene, ways.stub), 'synthesized');
  t.is(await finds(scene, ways.server), 'nothing', 'whoever goes round systemd-resolved goes round us');
  t.regex(await scene.dual.must(['curl', '-4', '-sS', 'http://six.example/']), /Hello over IPv6/);
  const written = await scene.dual.must(['stat', '-c', '%Y %i', '/run/systemd/resolve/resolv.conf']);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  t.is(
    await scene.dual.must(['stat', '-c', '%Y %i', '/run/systemd/resolve/resolv.conf']),
    written,
    'not over and over',
  );
  t.is((await scene.agent.daemon.stop('SIGTERM', 5000)).status, 0);
  t.deepEqual(await scene.dual.differencesSince(before), []);
  t.is(await finds(scene, ways.nss), 'nothing');
});

test.serial('S5: kill -9: what it was told goes with the device', async (t) => {
  await start();
  t.is(await finds(scene, ways.nss), 'synthesized');
  scene.agent.daemon.signal('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  t.is(await scene.dual.must(['dig', '@127.0.0.53', '+short', 'six.example', 'TXT']), '');
  t.notRegex(await scene.dual.must(['resolvectl', 'dns']), /172\.21\.112\.1/);
});

test.serial('DNS over TLS that comes later: it is left alone, and told again when TLS has gone', async (t) => {
  await start();
  await scene.dual.must(['resolvectl', 'dnsovertls', 'eth0', 'yes']);
  const state = 'degraded: resolved-protects';
  t.is(await becomesState(scene.agent, state, SOON_MILLISECONDS), state);
  t.is(await told(), '');
  await scene.dual.must(['resolvectl', 'dnsovertls', 'eth0', 'no']);
  t.is(await becomesState(scene.agent, 'up', SOON_MILLISECONDS), 'up');
  t.is(await told(), '172.21.112.1 ~.');
  await scene.agent.daemon.stop('SIGTERM', 5000);
});

test.serial(
  'with DNS over TLS at the start it does not start: nothing is sent in the clear that was not',
  async (t) => {
    await scene.dual.must(['resolvectl', 'dnsovertls', 'eth0', 'opportunistic']);
    await scene.agent.start(10_000, '--config', path.join(scene.lab.directory, 'bis.toml'), '--down');
    const { stdout, stderr } = await scene.agent.tell('up');
    t.regex(stdout + stderr, /Cannot use mode resolved: .*DNSOverTLS=opportunistic on eth0/);
    t.is(await told(), '');
  },
);
