/** Explicit mappings and flushing through a running daemon (M17, M20). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { guardTable } from '../install/testing/guard-tables.ts';
import { SERVER } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import type { ExplicitRow, MappingRow } from './control/agent.ts';
import { type DaemonScene, fetches, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

let scene: DaemonScene;
let before: Snapshot;
test.before(async () => {
  scene = await setDaemonScene();
  before = await scene.dual.snapshot();
});
test.after.always(() => scene?.lab.demolish());
test.afterEach.always(() => scene.agent.tell('stop'));

/** What a program gets that knows the address only. */
async function fetchesFrom(address: string): Promise<string> {
  const url = `http://${address}/bytes/1000`;
  const argv = ['curl', '-sS', '-4', '--max-time', '5', '-o', '/dev/null', '-w', '%{size_download}', url];
  return (await scene.dual.run(argv)).stdout;
}

async function explicit(): Promise<readonly ExplicitRow[]> {
  return (JSON.parse((await scene.agent.tell('map', 'list', '--json')).stdout) as { explicit: ExplicitRow[] }).explicit;
}

async function mappings(): Promise<readonly MappingRow[]> {
  return (JSON.parse((await scene.agent.tell('mappings', '--json')).stdout) as { mappings: MappingRow[] }).mappings;
}

const routes = async (): Promise<string> => scene.dual.must(['ip', '-4', 'route', 'show', 'dev', 'bis0']);

test.serial(
  'M17: addresses fixed by configuration and by command lead to their peers, and are guarded and routed',
  async (t) => {
    const { agent, dual } = scene;
    const config = path.join(scene.lab.directory, 'config.toml');
    fs.writeFileSync(config, `[mapper]\nexplicit = ["192.0.2.7 ${SERVER}"]\n`);
    await agent.start(10_000, '--config', config);
    t.is(await settlesAt(() => fetchesFrom('192.0.2.7'), '1000', 10_000), '1000');
    const own4 = await dual.must(['nft', 'list', 'set', ...guardTable('ip'), 'own4']);
    t.regex(own4, /192\.0\.2\.7/);
    // The name is answered with the address that is fixed for its peer.
    t.regex((await agent.tell('resolve', 'six.example')).stdout, /six\.example\. \d+ IN A 192\.0\.2\.7/);
    t.deepEqual(await mappings(), []);

    t.is((await agent.tell('map', 'remove', '192.0.2.7')).status, 0);
    t.is(await settlesAt(async () => String((await routes()).includes('192.0.2.7')), 'false', 5000), 'false');
    const added = await agent.tell('map', 'add', '198.51.100.96/28', '2001:db8:6::/124');
    t.deepEqual([added.status, added.stdout], [0, '198.51.100.96/28 stands for 2001:db8:6::/124\n']);
    t.is(await settlesAt(() => fetchesFrom('198.51.100.98'), '1000', 10_000), '1000');
    t.is((await agent.tell('map', 'add', '10.170.160.9', '2001:db8::9')).status, 1);
    t.is((await agent.tell('map', 'add', '192.0.2.300', '2001:db8::9')).status, 2);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial(
  'M17: an address of a name waits while the spool address of the peer is in use, unless it is to be now',
  async (t) => {
    const { agent, dual } = scene;
    await agent.start();
    t.is(await fetches(scene), 'yes');
    const added = await agent.tell('map', 'add', '192.0.2.8', 'six.example');
    t.is(added.status, 0, added.stderr);
    t.is(await settlesAt(async () => (await explicit())[0]?.state ?? '', 'waiting', 5000), 'waiting');
    t.is(await fetches(scene), 'yes');
    t.is((await agent.tell('map', 'add', '192.0.2.8', 'six.example', '--now')).status, 0);
    t.is(await settlesAt(async () => (await explicit())[0]?.state ?? '', 'active', 5000), 'active');
    t.deepEqual(await explicit(), [
      { ipv4: '192.0.2.8', ipv6: SERVER, name: 'six.example', isConfigured: false, state: 'active' },
    ]);
    t.is(await settlesAt(() => fetchesFrom('192.0.2.8'), '1000', 10_000), '1000');
    t.is((await agent.status())?.spool?.quarantined, 1);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial(
  'M20: a flush spares what is held; forced it does not, and nobody gets the address meanwhile',
  async (t) => {
    const { agent, dual } = scene;
    await agent.start();
    t.is(await fetches(scene), 'yes');
    const [row] = await mappings();
    t.true((row?.packets ?? 0) > 4 && (row?.octets ?? 0) > 1000, JSON.stringify(row));
    t.is((await agent.tell('flush')).stdout, '0 mappings ended, 1 in use or promised\n');
    t.is((await agent.tell('flush', '192.0.2.1', '--force')).stdout, '0 mappings ended, 0 in use or promised\n');
    t.is((await agent.tell('flush', SERVER, '--force')).stdout, '1 mapping ended, 0 in use or promised\n');
    t.deepEqual(await mappings(), []);
    t.is(await fetches(scene), 'yes');
    const [again] = await mappings();
    t.not(again?.ipv4, row?.ipv4);
    await agent.daemon.says(/Mapping removed/);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);
