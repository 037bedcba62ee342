/** Mode `auto` on a kernel that cannot catch questions, while systemd-resolved is installed and removed again. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Agent } from '../../test/lab/agent.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem, writeFile } from '../../test/lab/own-system.ts';
import type { Program } from '../../test/lab/program.ts';
import { startResolved } from '../../test/lab/resolved.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from '../testing/daemon-scene.ts';
import { finds, ways } from '../testing/resolved-scene.ts';

/** Ten seconds until the host counts as another, and time to become so. */
const SETTLED_MILLISECONDS = 25_000;
const OURS = { dig: ['dig'], nss: ways.nss } as const;

let scene: DaemonScene;
let dual: LabHost;
let agent: Agent;
test.before(async () => {
  scene = await setDaemonScene();
  dual = await giveOwnSystem(scene.lab, scene.dual);
  agent = new Agent(scene.lab, dual);
  await plainHost();
  // The kernel of the lab can: what it is asked is refused as by one that cannot.
  const [real, refusing] = ['nft', 'nft-refusing'].map((name) => path.join(scene.lab.directory, name));
  fs.copyFileSync('/usr/sbin/nft', real ?? '');
  const refuse =
    'case "$1" in --check) echo "Error: Could not process rule: Operation not supported" >&2; exit 1;; esac';
  fs.writeFileSync(refusing ?? '', `#!/bin/sh\n${refuse}\nexec ${real} "$@"\n`, { mode: 0o755 });
  await dual.must(['mount', '--bind', refusing ?? '', '/usr/sbin/nft']);
});
test.after.always(() => scene?.lab.demolish());

/** A host without systemd-resolved. */
async function plainHost(): Promise<void> {
  await writeFile(dual, '/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  await dual.must(['rm', '-f', '/etc/resolv.conf']);
  await writeFile(dual, '/etc/resolv.conf', `nameserver ${SERVER}\n`);
}

const mode = async (): Promise<string> => (await agent.status())?.resolver?.mode ?? 'none';
const modeBecomes = (wanted: string): Promise<string> => settlesAt(mode, wanted, SETTLED_MILLISECONDS);

let resolved: Program;

test.serial('without systemd-resolved resolv.conf is replaced', async (t) => {
  await agent.start(15_000);
  t.is(await mode(), 'resolv.conf');
  t.is(await finds({ dual }, OURS.dig), 'synthesized');
});

test.serial('systemd-resolved that is installed while we are up is told, and has its resolv.conf', async (t) => {
  resolved = await startResolved(dual, { settings: ['DNSSEC=no'] });
  await dual.must(['resolvectl', 'dns', 'eth0', SERVER]);
  t.is(await modeBecomes('resolved'), 'resolved');
  t.is(await settlesAt(() => finds({ dual }, OURS.nss), 'synthesized'), 'synthesized');
  t.is((await dual.must(['readlink', '/etc/resolv.conf'])).trim(), '../run/systemd/resolve/stub-resolv.conf');
  const { state, resolver } = (await agent.status()) ?? {};
  t.is(state, 'up');
  t.regex(resolver?.because.join(' ') ?? '', /Programs ask systemd-resolved, which can be told/);
});

test.serial('when it has been removed, resolv.conf is replaced again', async (t) => {
  await resolved.stop();
  await dual.must(['rm', '-r', '/run/systemd/resolve']);
  await plainHost();
  t.is(await modeBecomes('resolv.conf'), 'resolv.conf');
  t.is(await settlesAt(() => finds({ dual }, OURS.dig), 'synthesized'), 'synthesized');
});

test.serial('S5: SIGTERM leaves the file as it was', async (t) => {
  t.is((await agent.daemon.stop('SIGTERM', 8000)).status, 0);
  t.is(await dual.must(['cat', '/etc/resolv.conf']), `nameserver ${SERVER}\n`);
  t.is(await finds({ dual }, OURS.dig), 'nothing');
});
