/** The spool meets a network of its host while it is up, as when a container bridge or a VPN appears. Needs root. */
import test from 'ava';
import { guardTable } from '../install/testing/guard-tables.ts';
import type { Agent } from '../test/lab/agent.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import type { MappingRow, Status } from './control/agent.ts';
import { mappingsOf, setPeersScene } from './testing/peers-scene.ts';

let lab: Lab;
let dual: LabHost;
let agent: Agent;
let before: Snapshot;
test.before(async () => {
  ({ lab, dual, agent, before } = await setPeersScene(9, 1));
});
test.after.always(() => lab?.demolish());
test.afterEach.always(() => agent.tell('stop'));

/** Waits until the status is as wanted, and returns it as it is then. */
async function until(isSo: (status: Status) => boolean, withinMs = 10_000): Promise<Status> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const status = await agent.status();
    if (status !== undefined && (isSo(status) || Date.now() > deadline)) return status;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function spoolRoutes(): Promise<string[]> {
  const routes = JSON.parse(await dual.must(['ip', '-j', '-4', 'route', 'show', 'dev', 'bis0'])) as { dst: string }[];
  return routes.map(({ dst }) => dst).sort();
}

/** The routes when this one is there and the one before has gone, or at least the latest. */
async function routesWith(wanted: string): Promise<string[]> {
  for (const deadline = Date.now() + 10_000; ; ) {
    const routes = await spoolRoutes();
    const hasMoved = routes.includes(wanted) && routes.filter((route) => route.includes('/20')).length === 1;
    if (hasMoved || Date.now() > deadline) return routes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const inSpool = (rows: readonly MappingRow[], start: string): string[] =>
  rows.filter(({ ipv4 }) => ipv4.startsWith(start)).map(({ ipv4 }) => ipv4);

test.serial(
  'M3: a network that appears in the spool moves it; connections go on, and the network is reached',
  async (t) => {
    t.timeout(240_000);
    await agent.start();
    const flows = dual.start(['python3', 'agent/testing/many-flows.py', '3', '0']);
    await flows.says(/round 0\n/);
    t.deepEqual(await spoolRoutes(), ['10.170.160.0/20']);
    const held = inSpool(await mappingsOf(agent), '10.170.160.');
    t.is(held.length, 3);

    await dual.must(['ip', 'link', 'add', 'docker7', 'type', 'bridge']);
    await dual.must(['ip', 'address', 'add', '10.170.160.129/25', 'dev', 'docker7']);
    await dual.must(['ip', 'link', 'set', 'docker7', 'up']);
    const moved = await until(({ spool }) => spool?.range === '172.21.80.0/20');
    t.is(moved.spool?.range, '172.21.80.0/20');
    t.deepEqual(moved.spool?.closing, ['10.170.160.0/20']);
    t.deepEqual(
      moved.reasons.map(({ code }) => code).filter((code) => code.startsWith('spool')),
      ['spool-moved'],
    );
    await agent.daemon.says(/The spool moves/);

    // Held addresses have routes of their own, the addresses beside them none.
    const routes = await routesWith('172.21.80.0/20');
    t.true(routes.includes('172.21.80.0/20'), routes.join());
    t.false(routes.includes('10.170.160.0/20'), routes.join());
    t.is((await dual.run(['ping', '-c', '1', '-W', '2', '10.170.160.129'])).status, 0);
    for (const table of [['ip', 'bis'], guardTable('ip')]) {
      const own4 = await dual.must(['nft', 'list', 'set', ...table, 'own4']);
      t.true(own4.includes('172.21.80.0/20'), own4);
      t.false(own4.includes('10.170.160.0/20'), own4);
    }

    await agent.tell('resolve', 'peer5.example');
    t.is(inSpool(await mappingsOf(agent), '172.21.80.').length, 1);
    const round = Number([...flows.stdout.matchAll(/round (\d+)/g)].at(-1)?.[1]);
    await flows.says(new RegExp(`round ${round + 3}\n`));
    t.notRegex(flows.stdout, /broken/);
    t.deepEqual(inSpool(await mappingsOf(agent), '10.170.160.'), held);

    // When the connections have ended, so has the range.
    await flows.stop('SIGTERM');
    const deadline = Date.now() + 120_000;
    let closing = moved.spool?.closing ?? [];
    while (closing.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      closing = (await agent.status())?.spool?.closing ?? [];
    }
    t.deepEqual(closing, []);
    const last = await until(({ state }) => state === 'up');
    t.is(last.state, 'up');
    t.deepEqual(await spoolRoutes(), ['172.21.80.0/20']);
    t.is((await agent.tell('stop')).status, 0);
    await dual.must(['ip', 'link', 'delete', 'docker7']);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial('M3: with all of RFC 1918 routed, addresses for benchmarks are handed out', async (t) => {
  for (const prefix of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']) {
    await dual.must(['ip', 'route', 'add', 'blackhole', prefix, 'table', '77']);
  }
  // What was answered in the range before may still be in use, and is in the way of those networks.
  await agent.start(10_000, '--down');
  await agent.tell('up');
  t.deepEqual((await agent.status())?.spool?.closing, ['172.21.80.0/20']);
  t.is((await agent.status())?.spool?.range, '198.19.240.0/20');
  const flows = dual.start(['python3', 'agent/testing/many-flows.py', '1', '1']);
  await flows.says(/round 1\n/);
  t.notRegex(flows.stdout, /broken/);
  await flows.stop('SIGTERM');
  t.is((await agent.tell('stop')).status, 0);
  await dual.must(['ip', 'route', 'flush', 'table', '77']);
  t.deepEqual(await dual.differencesSince(before), []);
});

test.serial(
  'M3, M14: after a restart the spool is where the mappings are, although its first range is free',
  async (t) => {
    await agent.start();
    t.is((await agent.status())?.spool?.range, '198.19.240.0/20');
    t.is(inSpool(await mappingsOf(agent), '198.19.').length, 2);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial(
  'M3, M14: what is held in a range that is closing outlasts the daemon, and so do its connections',
  async (t) => {
    t.timeout(120_000);
    await agent.start();
    const flows = dual.start(['python3', 'agent/testing/many-flows.py', '3', '0']);
    await flows.says(/round 0\n/);
    const held = inSpool(await mappingsOf(agent), '198.19.');
    t.true(held.length >= 3);
    await dual.must(['ip', 'link', 'add', 'docker7', 'type', 'bridge']);
    await dual.must(['ip', 'address', 'add', '198.19.240.129/25', 'dev', 'docker7']);
    await dual.must(['ip', 'link', 'set', 'docker7', 'up']);
    const moved = await until(({ spool }) => spool?.range !== '198.19.240.0/20');
    t.true(moved.spool?.closing.includes('198.19.240.0/20'));
    await agent.daemon.stop('SIGKILL');
    await agent.start(10_000, '--down');
    await agent.tell('up');
    const again = (await agent.status())?.spool;
    t.is(again?.range, moved.spool?.range);
    t.true(again?.closing.includes('198.19.240.0/20'));
    t.deepEqual(inSpool(await mappingsOf(agent), '198.19.'), held);
    const round = Number([...flows.stdout.matchAll(/round (\d+)/g)].at(-1)?.[1]);
    await flows.says(new RegExp(`round ${round + 3}\n`));
    t.notRegex(flows.stdout, /broken/);
    await flows.stop('SIGTERM');
    t.is((await agent.tell('stop')).status, 0);
    await dual.must(['ip', 'link', 'delete', 'docker7']);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);

test.serial(
  'M3: a network that has the address of the device moves it; connections go on, and then it is reached',
  async (t) => {
    t.timeout(240_000);
    const addresses = async (): Promise<string[]> => {
      const [device] = JSON.parse(await dual.must(['ip', '-j', '-4', 'address', 'show', 'dev', 'bis0']));
      return device.addr_info.map(({ local }: { local: string }) => local);
    };
    /** Waits until the device has so many addresses. */
    const untilThereAre = async (count: number, withinMs: number): Promise<string[]> => {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const found = await addresses();
        if (found.length === count || Date.now() > deadline) return found;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    await agent.start();
    t.deepEqual(await addresses(), ['172.21.112.1']);
    const flows = dual.start(['python3', 'agent/testing/many-flows.py', '2', '1']);
    await flows.says(/round 0\n/);
    await dual.must(['ip', 'link', 'add', 'docker8', 'type', 'bridge']);
    await dual.must(['ip', 'address', 'add', '172.21.112.129/24', 'dev', 'docker8']);
    await dual.must(['ip', 'link', 'set', 'docker8', 'up']);
    t.deepEqual((await untilThereAre(2, 10_000)).toSorted(), ['10.170.224.1', '172.21.112.1']);
    const codes = async () => (await agent.status())?.reasons.map(({ code }) => code) ?? [];
    t.true((await codes()).includes('self-collision'));
    const round = Number([...flows.stdout.matchAll(/round (\d+)/g)].at(-1)?.[1]);
    await flows.says(new RegExp(`round ${round + 3}\n`));
    t.notRegex(flows.stdout, /broken/);
    const others = dual.start(['python3', 'agent/testing/many-flows.py', '1', '0']);
    await others.says(/round 1\n/);
    t.regex(await dual.must(['ss', '-Htn', 'state', 'established']), /10\.170\.224\.1:/);
    for (const program of [flows, others]) {
      await program.stop('SIGTERM');
      t.notRegex(program.stdout, /broken/);
    }

    // When no socket has it any more, it is the network's.
    t.deepEqual(await untilThereAre(1, 120_000), ['10.170.224.1']);
    for (const table of [['ip', 'bis'], guardTable('ip')])
      t.notRegex(await dual.must(['nft', 'list', 'set', ...table, 'own4']), /172\.21\.112\.1\b/);
    t.false((await codes()).includes('self-collision'));
    t.is((await agent.tell('stop')).status, 0);
    await dual.must(['ip', 'link', 'delete', 'docker8']);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);
