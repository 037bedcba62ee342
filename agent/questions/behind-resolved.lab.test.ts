/** Behind systemd-resolved: what it asks the servers of its links is caught, and followed. Needs root. */
import test from 'ava';
import { SERVER } from '../../test/lab/networks.ts';
import { runResolved } from '../../test/lab/resolved.ts';
import type { Snapshot } from '../../test/lab/snapshot.ts';
import { becomesState, settlesAt } from '../testing/daemon-scene.ts';
import { finds, OFFICE, type ResolvedScene, serversBecome, setResolvedScene, ways } from '../testing/resolved-scene.ts';

/** How soon a change has to be followed (S7), with the time that asking takes here. */
const SOON_MILLISECONDS = 2000;

let scene: ResolvedScene;
let before: Snapshot;
test.before(async () => {
  scene = await setResolvedScene({ settings: ['DNSSEC=no'] });
  before = await scene.dual.snapshot();
  await scene.agent.start();
});
test.after.always(() => scene?.lab.demolish());

const first = `${SERVER} on eth0`;

test.serial('auto: nss-resolve is in use, so that what systemd-resolved asks is caught', async (t) => {
  t.is(await serversBecome(scene, first, SOON_MILLISECONDS), first);
  const { resolver, state } = (await scene.agent.status()) ?? {};
  t.is(state, 'up');
  t.is(resolver?.mode, 'snoop');
  t.regex(resolver?.because.join(' ') ?? '', /through nss-resolve/);
});

for (const [way, argv] of Object.entries(ways)) {
  test.serial(`a name with only IPv6 is synthesized for programs that ask ${way}`, async (t) => {
    t.is(await finds(scene, argv), 'synthesized');
  });
}

test.serial('split DNS on a second link: its names are asked there, and its servers followed', async (t) => {
  const { dual } = scene;
  t.is(await finds(scene, ways.nss, 'pc.office'), 'nothing');
  await dual.must(['resolvectl', 'dns', 'eth1', OFFICE]);
  await dual.must(['resolvectl', 'domain', 'eth1', '~office']);
  const both = `${first}, ${OFFICE} on eth1`;
  t.is(await serversBecome(scene, both, SOON_MILLISECONDS), both);
  t.is(await finds(scene, ways.nss, 'pc.office'), 'synthesized');
  t.is(await finds(scene, ways.stub, 'pc.office'), 'synthesized');
  t.is(await finds(scene, ways.nss), 'synthesized');
  t.is(await dual.must(['curl', '-4', '-sS', 'http://pc.office/bytes/3']).then((text) => text.length), 3);
});

test.serial('one link-local server address through two links: each is asked on its own', async (t) => {
  const { dual } = scene;
  await dual.must(['resolvectl', 'dns', 'eth0', 'fe80::53']);
  await dual.must(['resolvectl', 'dns', 'eth1', 'fe80::53']);
  const both = 'fe80::53%eth0 on eth0, fe80::53%eth1 on eth1';
  t.is(await serversBecome(scene, both, SOON_MILLISECONDS), both);
  t.is(await finds(scene, ways.nss), 'synthesized');
  t.is(await finds(scene, ways.nss, 'pc.office'), 'synthesized');
  await dual.must(['resolvectl', 'revert', 'eth1']);
  await dual.must(['resolvectl', 'dns', 'eth0', SERVER]);
  t.is(await serversBecome(scene, first, SOON_MILLISECONDS), first);
});

test.serial('DNSSEC=allow-downgrade: in front of the stub, and the status says what nss-resolve misses', async (t) => {
  const { agent, dual } = scene;
  // The names of the lab are nobody's, and so not signed.
  await dual.must(['resolvectl', 'nta', 'eth0', 'example']);
  await dual.must(['resolvectl', 'dnssec', 'eth0', 'allow-downgrade']);
  t.is(await becomesState(agent, 'degraded: nss-resolve', SOON_MILLISECONDS), 'degraded: nss-resolve');
  t.is(await finds(scene, ways.stub), 'synthesized');
  await dual.must(['resolvectl', 'flush-caches']);
  t.is(await finds(scene, ways.nss), 'nothing');
  const { stdout } = await agent.tell('status');
  t.regex(stdout, /nss-resolve get no synthesized answers \(DNSSEC=allow-downgrade on eth0\)/);
  const explained = await agent.tell('explain', 'six.example');
  t.regex(explained.stdout, /six\.example A is answered with spool addresses/);
  t.regex(explained.stdout, /! Programs that ask .* nss-resolve .*DNSSEC=allow-downgrade on eth0/);
  await dual.must(['resolvectl', 'dnssec', 'eth0', 'no']);
  t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
  t.is(await finds(scene, ways.nss), 'synthesized');
});

test.serial('DNS over TLS: nothing of it is sent in the clear, and the status says so', async (t) => {
  const { agent, dual } = scene;
  await dual.must(['resolvectl', 'dnsovertls', 'eth0', 'yes']);
  t.is(await becomesState(agent, 'degraded: nss-resolve', SOON_MILLISECONDS), 'degraded: nss-resolve');
  t.is(await serversBecome(scene, '127.0.0.53 on lo', SOON_MILLISECONDS), '127.0.0.53 on lo');
  await dual.must(['resolvectl', 'dnsovertls', 'eth0', 'no']);
  t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
});

test.serial('systemd-resolved that is started again is followed', async (t) => {
  const { agent, dual, resolved } = scene;
  await resolved.stop();
  await runResolved(dual);
  await dual.must(['resolvectl', 'dns', 'eth0', SERVER]);
  t.is(await serversBecome(scene, first, SOON_MILLISECONDS), first);
  t.is(await finds(scene, ways.nss), 'synthesized');
  t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
});

test.serial('S14: SIGSTOP: within 5 s a new question is answered natively, and by us when we go on', async (t) => {
  scene.agent.daemon.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 5000));
  t.is(await finds(scene, ways.nss, 'new1.example'), 'nothing');
  t.is(await scene.dual.must(['getent', 'ahostsv6', 'new1.example']).then((text) => text.split(' ')[0]), SERVER);
  scene.agent.daemon.signal('SIGCONT');
  t.is(await settlesAt(() => finds(scene, ways.stub, 'new2.example'), 'synthesized'), 'synthesized');
});

test.serial('S5: SIGTERM leaves the host as it was', async (t) => {
  t.is((await scene.agent.daemon.stop('SIGTERM', 8000)).status, 0);
  const left = await scene.dual.differencesSince(before, 1000);
  // The systemd-resolved that was started again is another process than the one before.
  t.deepEqual(
    left.filter((line) => !/^[+-] processes: .*systemd-resolved$/.test(line)),
    [],
  );
});

test.serial('S5: kill -9: a new question a second later is answered natively', async (t) => {
  await scene.agent.start();
  t.is(await finds(scene, ways.nss), 'synthesized');
  scene.agent.daemon.signal('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  t.is(await finds(scene, ways.nss, 'new3.example'), 'nothing');
  t.is(await scene.dual.must(['getent', 'ahostsv6', 'new3.example']).then((text) => text.split(' ')[0]), SERVER);
});
