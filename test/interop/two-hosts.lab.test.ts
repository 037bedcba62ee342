/**
 * Two hosts that run `bis`, and programs on both that know IPv4 only: they reach each other by name over a network that
 * carries IPv6 only, translated once on either side. Needs root and python3.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { LeakWatch } from '../lab/leak-watch.ts';
import { SERVER } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import type { Snapshot } from '../lab/snapshot.ts';
import { nodeCommand } from '../lab/tools.ts';
import type { Topology } from '../lab/topology.ts';
import { python } from './probe-scene.ts';

/**
 * ```
 *         left                         right                        host6
 *   eth0  2001:db8:6::a/64       eth0  2001:db8:6::b/64       eth0  2001:db8:6::2/64   DNS
 *           │                            │                            │
 *           └────────────────────────── lan ──────────────────────────┘   a bridge, and no IPv4 anywhere
 * ```
 */
const resolver = { 'resolv.conf': `nameserver ${SERVER}\n` };
const ends = [
  ['left', '2001:db8:6::a/64'],
  ['right', '2001:db8:6::b/64'],
  ['host6', `${SERVER}/64`],
] as const;
const network: Topology = {
  hosts: [
    { name: 'lan', kind: 'switch' },
    { name: 'left', etc: resolver, routes: [['default', 'via', SERVER]] },
    { name: 'right', etc: resolver, routes: [['default', 'via', SERVER]] },
    { name: 'host6' },
  ],
  links: ends.map(([host, address], index) => ({
    ends: [
      { host: 'lan', device: `port${index}` },
      { host, device: 'eth0', addresses: [address] },
    ],
  })),
};
const zone = 'left.example. 300 IN AAAA 2001:db8:6::a\nright.example. 300 IN AAAA 2001:db8:6::b\n';

interface Side {
  readonly host: LabHost;
  readonly agent: Agent;
  readonly server: Program;
  readonly before: Snapshot;
}

let lab: Lab;
let watch: LeakWatch;
const sides: Side[] = [];
test.before(async () => {
  lab = await Lab.build(network);
  const file = path.join(lab.directory, 'zone');
  fs.writeFileSync(file, zone);
  const serve = lab.host('host6').start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${file}`]);
  await serve.says(/ready/);
  watch = await LeakWatch.begin(lab.host('host6'), 'eth0');
  for (const name of ['left', 'right']) {
    const host = lab.host(name);
    const before = await host.snapshot();
    // Everywhere the port of the probing programs.
    const server = host.start([...python('ipv4-server.py'), '7']);
    await server.says(/ready/);
    const agent = new Agent(lab, host);
    await agent.start();
    await agent.tell('expose', 'tcp/7', 'udp/7');
    sides.push({ host, agent, server, before });
  }
});
test.after.always(() => lab?.demolish());

const [LEFT, RIGHT] = [0, 1];

for (const [from, to, name] of [
  [LEFT, RIGHT, 'right.example'],
  [RIGHT, LEFT, 'left.example'],
] as const) {
  const ask = async (...words: string[]): Promise<unknown> =>
    JSON.parse(await (sides[from] as Side).host.must([...python('ipv4-program.py'), ...words]));

  test.serial(`an IPv4-only program reaches an IPv4-only server at ${name} by TCP`, async (t) => {
    t.like(await ask('connect', name, '7'), { outcome: 'connected' });
    t.like(await ask('stream', name, '20000000'), { same: true });
    t.regex((sides[to] as Side).server.stdout, /^tcp 10\.170\.160\.\d+$/m);
  });

  test.serial(`datagrams of all sizes go to ${name} and come back`, async (t) => {
    t.deepEqual(await ask('echo', name, '1-100,1400-1473,2999,16384,65505-65507', 'dont'), {});
  });

  test.serial(`a port of ${name} that is not exposed is refused at once`, async (t) => {
    t.like(await ask('connect', name, '8'), { outcome: 'ECONNREFUSED' });
    t.like(await ask('send', name, '8'), { outcome: 'ECONNREFUSED' });
  });
}

test.serial('both know each other by a spool address and a name', async (t) => {
  for (const [from, name] of [
    [LEFT, 'right.example'],
    [RIGHT, 'left.example'],
  ] as const) {
    t.regex(
      (await (sides[from] as Side).agent.tell('mappings')).stdout,
      new RegExp(`2001:db8:6::[ab] .* ${name}$`, 'm'),
    );
  }
});

test.serial('S5: at the end both hosts are as they were, and nothing leaked', async (t) => {
  for (const { agent, host, server, before } of sides) {
    await server.stop();
    await agent.daemon.stop('SIGTERM', 5000);
    t.deepEqual(await host.differencesSince(before, 2000), []);
  }
  t.deepEqual(await watch.end(), { leaks: [], missed: 0 });
});
