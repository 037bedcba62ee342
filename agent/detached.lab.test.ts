/** Two routers that announce a prefix each: whose addresses new flows get when one of them is gone (radvd). Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { SERVER } from '../test/lab/networks.ts';
import type { Program } from '../test/lab/program.ts';
import { toolCommand } from '../test/lab/tools.ts';
import type { EndSpec, LinkSpec, Topology } from '../test/lab/topology.ts';
import { type DaemonScene, setDaemonScene, settlesAt } from './testing/daemon-scene.ts';

const FIRST = { name: 'first', address: 'fe80::1', prefix: '2001:db8:7::', wan: '2001:db8:6::f1' } as const;
const SECOND = { name: 'second', address: 'fe80::2', prefix: '2001:db8:2::', wan: '2001:db8:6::f2' } as const;

type Router = typeof FIRST | typeof SECOND;

/** A cable to a switch. */
const plug = (port: EndSpec, end: EndSpec): LinkSpec => ({ ends: [port, end] });

/**
 * ```
 *   dual           lan       first   lan0 fe80::1   wan0 2001:db8:6::f1       far       host6
 *   eth0 ───────── ─┼─ ───────────── 2001:db8:7::/64                    ───── ─┼─ ──── eth0 2001:db8:6::2
 *                   │        second  lan0 fe80::2   wan0 2001:db8:6::f2        │
 *                   └──────────────── 2001:db8:2::/64                    ──────┘
 * ```
 * The first is preferred as a router, and its prefix has more in common with the server's.
 */
const network: Topology = {
  hosts: [
    { name: 'lan', kind: 'switch' },
    { name: 'far', kind: 'switch' },
    { name: FIRST.name, kind: 'router' },
    { name: SECOND.name, kind: 'router' },
    { name: 'dual', etc: { 'resolv.conf': `nameserver ${SERVER}\n` } },
    { name: 'host6', routes: [FIRST, SECOND].map(({ prefix, wan }) => [`${prefix}/64`, 'via', wan]) },
  ],
  links: [
    plug({ host: 'lan', device: 'port0' }, { host: 'dual', device: 'eth0', addresses: ['198.51.100.1/24'] }),
    plug({ host: 'far', device: 'port0' }, { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] }),
    ...[FIRST, SECOND].flatMap(({ name, address, prefix, wan }) => [
      plug(
        { host: 'lan', device: name },
        { host: name, device: 'lan0', addresses: [`${address}/64`, `${prefix}fe/64`] },
      ),
      plug({ host: 'far', device: name }, { host: name, device: 'wan0', addresses: [`${wan}/64`] }),
    ]),
  ],
};

/** Starts announcing; ended in order, a router says that it is none any more. */
async function announces({ lab }: DaemonScene, { name, prefix }: Router): Promise<Program> {
  const file = (ending: string): string => path.join(lab.directory, `${name}.${ending}`);
  const text = `interface lan0 {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 600;
    AdvDefaultPreference ${name === 'first' ? 'high' : 'medium'};
    prefix ${prefix}/64 { AdvOnLink on; AdvAutonomous on; AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
  };\n`;
  fs.writeFileSync(file('conf'), text, { mode: 0o600 });
  const options = ['--nodaemon', '--logmethod', 'stderr', '--config', file('conf'), '--pidfile', file('pid')];
  const radvd = lab.host(name).start([...toolCommand('radvd'), '--debug', '1', ...options]);
  await radvd.says(/started|version/i);
  return radvd;
}

/** Whose packets the server sees from an IPv4-only program that asks for a page: the prefix, or what the program says. */
async function source({ dual }: DaemonScene): Promise<string> {
  const { stdout, stderr } = await dual.run(['curl', '-sS', '-4', '--max-time', '3', 'http://six.example/']);
  return /You are (2001:db8:\d+:).*\.$/m.exec(stdout)?.[1] ?? `${stdout}${stderr}`.trim();
}

const prefixes = { first: '2001:db8:7:', second: '2001:db8:2:' } as const;

/** A host whose two routers are there, with a daemon that is up and a download under way. */
async function withRouters(t: ExecutionContext): Promise<DaemonScene & { radvd: Program; download: Program }> {
  const scene = await setDaemonScene(network);
  t.teardown(() => scene.lab.demolish());
  const { agent, dual, lab } = scene;
  for (const { name, address } of [FIRST, SECOND]) {
    // Without the address that the kernel made, from which it would announce.
    await lab.host(name).must(['ip', '-6', 'address', 'flush', 'dev', 'lan0', 'scope', 'link']);
    await lab.host(name).must(['ip', '-6', 'address', 'add', `${address}/64`, 'dev', 'lan0']);
  }
  // A router that does not answer is noticed in three seconds, and not in thirty.
  for (const [key, value] of Object.entries({
    base_reachable_time_ms: 1000,
    delay_first_probe_time: 1,
    retrans_time_ms: 250,
  })) {
    await dual.must(['sysctl', '-q', '-w', `net.ipv6.neigh.eth0.${key}=${value}`]);
  }
  const radvd = await announces(scene, FIRST);
  await announces(scene, SECOND);
  t.is(await settlesAt(async () => String((await addresses(scene)).length), '2', 20_000), '2');
  await agent.start();
  t.is(await settlesAt(() => source(scene), prefixes.first, 10_000), prefixes.first);
  // Both have announced again since, so that it is known who announced what.
  await sleep(5000);
  const url = 'http://six.example/bytes/100000000000';
  const download = dual.start(['curl', '-sS', '-4', '--limit-rate', '1M', '-o', '/dev/null', url]);
  t.is(await settlesAt(async () => ((await received(scene)) > 0 ? 'yes' : ''), 'yes', 8000), 'yes');
  return { ...scene, radvd, download };
}

async function addresses({ dual }: DaemonScene): Promise<string[]> {
  const text = await dual.must(['ip', '-6', '-o', 'address', 'show', 'dev', 'eth0', 'scope', 'global']);
  return text.split('\n').filter(Boolean);
}

/** How much has come of the download, in octets. */
async function received({ dual }: DaemonScene): Promise<number> {
  const { stdout } = await dual.run(['ss', '-tni', 'dport', '=', ':80']);
  return Number(/bytes_received:(\d+)/.exec(stdout)?.[1] ?? 0);
}

const detached = async ({ agent }: DaemonScene): Promise<string> =>
  ((await agent.status())?.detached ?? []).map(({ prefix, because }) => `${prefix}: ${because}`).join('; ');

/** From a second on after the first router has gone, for as long as `during` takes, no flow begins in its prefix. */
async function onlyTheSecond(t: ExecutionContext, scene: DaemonScene, because: string): Promise<void> {
  await sleep(1000);
  const syn = `tcp and src net ${FIRST.prefix}/64 and ip6[53] == 2`;
  const watch = scene.dual.start(['tcpdump', '-n', '-l', '-i', 'eth0', '-Z', 'root', '-Q', 'out', syn]);
  await watch.says(/listening on/);
  for (let times = 0; times < 5; times++) t.is(await source(scene), prefixes.second);
  t.is(await detached(scene), `${FIRST.prefix}/64: ${FIRST.address} ${because}`);
  t.is((await watch.stop('SIGINT')).stdout.trim(), '');
  const findings = JSON.parse((await scene.agent.tell('doctor', '--json')).stdout) as { findings: { code: string }[] };
  t.true(findings.findings.some(({ code }) => code === 'detached'));
  t.is((await addresses(scene)).length, 2, 'the addresses stay');
}

/** When the first router is there again, so is its prefix, and the download goes on. */
async function andBack(t: ExecutionContext, scene: DaemonScene & { download: Program }): Promise<void> {
  const before = await received(scene);
  t.is(await settlesAt(() => detached(scene), '', 20_000), '');
  t.is(await source(scene), prefixes.first);
  t.is(await settlesAt(async () => ((await received(scene)) > before ? 'yes' : 'no'), 'yes', 30_000), 'yes');
  t.true(scene.download.isRunning);
  await scene.download.stop('SIGKILL');
  t.is((await scene.agent.tell('stop')).status, 0);
}

test.serial('S7: a router dies: new flows get the other one’s prefix, until it is back', async (t) => {
  t.timeout(120_000);
  const scene = await withRouters(t);
  await scene.lab.host('lan').must(['ip', 'link', 'set', FIRST.name, 'down']);
  const neighbour = async (): Promise<string> =>
    (await scene.dual.must(['ip', '-6', 'neigh', 'show', FIRST.address, 'dev', 'eth0'])).trim().split(' ').at(-1) ?? '';
  t.is(await settlesAt(neighbour, 'FAILED', 20_000), 'FAILED');
  await onlyTheSecond(t, scene, 'does not answer');
  await scene.lab.host('lan').must(['ip', 'link', 'set', FIRST.name, 'up']);
  await andBack(t, scene);
});

test.serial('S7: a router says that it is none any more: the same', async (t) => {
  t.timeout(120_000);
  const scene = await withRouters(t);
  await scene.radvd.stop('SIGTERM');
  await onlyTheSecond(t, scene, 'is no default router any more');
  await announces(scene, FIRST);
  await andBack(t, scene);
});
