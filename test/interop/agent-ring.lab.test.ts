/**
 * Two agents on two hosts, each of which asks the other (D7). Needs root.
 * ```
 *   dig ──► bis [2001:db8:6::1]:53  ──eth0──►  bis [2001:db8:6::66]:53  ──eth0──►  …
 *           dual                               neighbour
 * ```
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { type DaemonScene, setDaemonScene } from '../../agent/testing/daemon-scene.ts';
import { Agent } from '../lab/agent.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { lan } from '../lab/networks.ts';
import type { Snapshot } from '../lab/snapshot.ts';

/** The name that is asked for, and how a rule knows questions about it: its first label, behind the headers of UDP and DNS. */
const NAME = 'ring.example';
const ABOUT_IT = 'udp dport 53 @th,160,40 0x0472696e67';

const addresses = { dual: '2001:db8:6::1', neighbour: '2001:db8:6::66' } as const;

let scene: DaemonScene;
const before = new Map<LabHost, Snapshot>();
const agents: Agent[] = [];
test.before(async () => {
  scene = await setDaemonScene(lan);
  for (const name of ['dual', 'neighbour'] as const) {
    const host = scene.lab.host(name);
    before.set(host, await host.snapshot());
    await host.must(['nft', '-f', '-'], {
      input: `table inet count { chain in { type filter hook input priority -300; ${ABOUT_IT} counter; }; }\n`,
    });
    agents.push(new Agent(scene.lab, host));
  }
});
test.after.always(() => scene?.lab.demolish());

async function start(agent: Agent, own: string, other: string): Promise<void> {
  const config = path.join(scene.lab.directory, `${agent.host.name}.toml`);
  const lines = [
    'mode = "listen"',
    `listen = ["[${own}]:53"]`,
    `upstreams = ["[${other}]:53"]`,
    'serve = ["2001:db8:6::/64"]',
  ];
  fs.writeFileSync(config, ['[resolver]', ...lines, ''].join('\n'));
  // One of them will never be wholly up.
  await agent.start(10_000, '--down', '--config', config);
  await agent.tell('up');
}

/** Questions about the name that arrived at either, dig's included; the agents ask for other names of their own accord. */
async function packets(): Promise<number> {
  const texts = await Promise.all(agents.map(({ host }) => host.must(['nft', 'list', 'table', 'inet', 'count'])));
  return texts.reduce((sum, text) => sum + Number(/packets (\d+)/.exec(text)?.[1] ?? Number.NaN), 0);
}

async function loops(): Promise<number> {
  const all = await Promise.all(agents.map((agent) => agent.status()));
  return all.flatMap((status) => status?.reasons ?? []).filter(({ code }) => code === 'server-loop').length;
}

test.serial('D7: two agents in a ring: noticed, and at most three packets for a question', async (t) => {
  const [one, two] = agents;
  if (one === undefined || two === undefined) return t.fail();
  await start(one, addresses.dual, addresses.neighbour);
  await start(two, addresses.neighbour, addresses.dual);
  const deadline = performance.now() + 10_000;
  while ((await loops()) === 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.true((await loops()) > 0, 'a loop is noticed');

  for (const [agent, own] of [
    [one, addresses.dual],
    [two, addresses.neighbour],
  ] as const) {
    for (const type of ['A', 'AAAA', 'MX']) {
      const sent = await packets();
      const { stdout } = await agent.host.run(['dig', `@${own}`, '+tries=1', '+time=6', NAME, type]);
      t.regex(stdout, /status: SERVFAIL/, `${own} ${type}`);
      t.true((await packets()) - sent <= 3, `${own} ${type}: ${(await packets()) - sent} packets`);
      t.true((await packets()) - sent >= 1, 'they are counted');
    }
  }
  t.true(agents.every(({ daemon }) => daemon.isRunning));
});

test.serial('both hosts are as they were', async (t) => {
  for (const { host, daemon } of agents) {
    await daemon.stop('SIGTERM', 5000);
    await host.must(['nft', 'delete', 'table', 'inet', 'count']);
    const snapshot = before.get(host);
    t.deepEqual(snapshot && (await host.differencesSince(snapshot)), []);
  }
});
