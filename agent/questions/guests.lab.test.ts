/** Guests behind a bridge, whose names a forwarder on this host finds: they get what the server says (D12). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Agent } from '../../test/lab/agent.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair, SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem } from '../../test/lab/own-system.ts';
import type { Program } from '../../test/lab/program.ts';
import { nodeCommand, toolCommand } from '../../test/lab/tools.ts';
import type { Topology } from '../../test/lab/topology.ts';
import { becomesState, settlesAt } from '../testing/daemon-scene.ts';
import { ServicePlace } from '../testing/service-place.ts';

const BRIDGE = '192.168.122.1';
/** How soon a forwarder has to be found (S7), with the time that asking takes here. */
const SOON_MILLISECONDS = 2500;

/**
 * ```
 *   guest  eth0  192.168.122.2/24  ──  vnet0  dual  eth0  2001:db8:6::1/64  ──  eth0  host6  DNS
 *                                      virbr0  192.168.122.1/24, where dnsmasq listens
 * ```
 */
const topology: Topology = {
  hosts: [...pair.hosts, { name: 'guest', etc: { 'resolv.conf': `nameserver ${BRIDGE}\n` } }],
  links: [
    ...pair.links,
    {
      ends: [
        { host: 'dual', device: 'vnet0' },
        { host: 'guest', device: 'eth0', addresses: ['192.168.122.2/24'] },
      ],
    },
  ],
};

const CGROUPS = '/sys/fs/cgroup';

let lab: Lab;
let dual: LabHost;
let agent: Agent;
let slice: string;
test.before(async () => {
  lab = await Lab.build(topology);
  slice = `${path.basename(lab.directory)}.slice`;
  dual = await giveOwnSystem(lab, lab.host('dual'));
  for (const command of [
    'ip link add virbr0 type bridge',
    'ip link set vnet0 master virbr0',
    `ip address add ${BRIDGE}/24 dev virbr0`,
    'ip link set virbr0 up',
    `mount -t cgroup2 cgroup2 ${CGROUPS}`,
    `mkdir -p ${CGROUPS}/${slice}/forwarder.service`,
  ])
    await dual.must(command.split(' '));
  const zone = path.join(lab.directory, 'zone');
  const soa = 'example. 300 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 30';
  fs.writeFileSync(zone, `${soa}\nsix.example. 300 IN AAAA ${SERVER}\n`);
  await lab
    .host('host6')
    .start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${zone}`])
    .says(/ready/);
  agent = new Agent(lab, dual);
});
test.after.always(async () => {
  await dual?.run([
    'sh',
    '-c',
    `for pid in $(cat ${CGROUPS}/${slice}/*/cgroup.procs); do kill -9 $pid; done; sleep 0.2`,
  ]);
  await dual?.run(['rmdir', `${CGROUPS}/${slice}/forwarder.service`, `${CGROUPS}/${slice}`]);
  lab?.demolish();
});

/** A forwarder as libvirt and LXD run them, as this user; `before` stands in front of its command. */
async function forwarder(user: string, before: readonly string[] = []): Promise<Program> {
  const quiet = [
    '--conf-file=/dev/null',
    '--pid-file=',
    '--log-facility=-',
    '--no-resolv',
    '--no-hosts',
    '--cache-size=0',
  ];
  const place = [`--listen-address=${BRIDGE}`, '--bind-interfaces', `--server=${SERVER}`, `--user=${user}`];
  const program = dual.start([...before, ...toolCommand('dnsmasq'), '--keep-in-foreground', ...quiet, ...place]);
  await program.says(/started, version/);
  return program;
}

/** Status and answer that a host gets for a name that has only IPv6, and whether it was told at once. */
async function asks(host: LabHost): Promise<string> {
  const { stdout, milliseconds } = await host.run(['dig', '+time=4', '+tries=1', 'six.example', 'A']);
  const rcode = /status: (\w+)/.exec(stdout)?.[1] ?? 'silence';
  const answer = /\tIN\tA\t(.+)/.exec(stdout)?.[1] ?? 'nothing';
  return [rcode, answer.replace(/^10\.170\..*/, 'synthesized'), milliseconds < 2000 ? 'at once' : 'late'].join(', ');
}

/** What puts the program behind it into the control group of a service. */
const inService = ['sh', '-c', 'echo $$ > "$0"; exec "$@"'];
const ownService = (): string[] => [...inService, `${CGROUPS}/${slice}/forwarder.service/cgroup.procs`];

const NODATA = 'NOERROR, nothing, at once';
const SYNTHESIZED = 'NOERROR, synthesized, at once';

test.serial('D12: a guest gets NODATA at once, the host a synthesized answer', async (t) => {
  const program = await forwarder('nobody');
  await agent.start();
  t.is(await asks(lab.host('guest')), NODATA);
  t.is(await asks(dual), SYNTHESIZED);
  t.is((await agent.status())?.state, 'up');
  await program.stop();
});

test.serial('D12: a forwarder that starts while we are up is found', async (t) => {
  const program = await forwarder('nobody');
  t.is(await settlesAt(() => asks(lab.host('guest')), NODATA, SOON_MILLISECONDS), NODATA);
  t.is(await asks(dual), SYNTHESIZED);
  await program.stop();
});

test.serial('D12: a forwarder of root passes by its control group, and a program beside it does not', async (t) => {
  const program = await forwarder('root', ownService());
  t.is(await settlesAt(() => asks(lab.host('guest')), NODATA, SOON_MILLISECONDS), NODATA);
  t.is(await asks(dual), SYNTHESIZED);
  t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
  await program.stop();
});

test.serial(
  'D12: an agent that is not root, and sees no program of others, is told of its control group',
  async (t) => {
    const program = await forwarder('nobody', ownService());
    const as = ['setpriv', '--reuid=1', '--regid=1', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
    const seen = await dual.must([...as, ...nodeCommand('agent/testing/who-listens.ts')]);
    t.deepEqual(JSON.parse(seen), [
      { pid: 0, name: '', addresses: [BRIDGE], uid: 0, cgroup: `/${slice}/forwarder.service` },
    ]);
    await program.stop();
  },
);

test.serial('D12: one that cannot be told apart is a reason, which goes with it', async (t) => {
  const program = await forwarder('root');
  t.is(await becomesState(agent, 'degraded: guests', SOON_MILLISECONDS), 'degraded: guests');
  t.regex((await agent.tell('status')).stdout, /The program dnsmasq \(pid \d+\) asks for others/);
  await program.stop();
  t.is(await becomesState(agent, 'up', SOON_MILLISECONDS), 'up');
});

test.serial('D12: the service, whose user sees no program of others, lets the questions of guests pass', async (t) => {
  await agent.daemon.stop('SIGTERM', 8000);
  const place = await ServicePlace.make();
  t.teardown(() => place.remove());
  const program = await forwarder('nobody', ownService());
  const daemon = dual.start(place.daemon());
  const state = async (): Promise<string> => {
    const { stdout } = await dual.run([place.bis, 'status', '--json', ...place.runtime]);
    return stdout === '' ? 'none' : (JSON.parse(stdout) as { state: string }).state;
  };
  t.is(await settlesAt(state, 'up', 15_000), 'up', daemon.stdout + daemon.stderr);
  t.is(await asks(lab.host('guest')), NODATA);
  t.is(await asks(dual), SYNTHESIZED);
  await program.stop();
  const later = await forwarder('root', ownService());
  t.is(await settlesAt(() => asks(lab.host('guest')), NODATA, SOON_MILLISECONDS), NODATA, 'one that starts later');
  t.is(await asks(dual), SYNTHESIZED);
  await later.stop();
  t.is((await daemon.stop('SIGTERM', 8000)).status, 0, daemon.stderr);
});
