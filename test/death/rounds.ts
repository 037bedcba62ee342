/**
 * Killing the daemon, its janitor, or both, while they carry TCP both ways and answer names (S5), and looking at what is
 * left: all eight aspects of a snapshot, of everything that is not the load itself.
 */
import fs from 'node:fs';
import path from 'node:path';
import { guardTable } from '../../install/testing/guard-tables.ts';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { LeakWatch } from '../lab/leak-watch.ts';
import { pair, SERVER } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import { differences, type Snapshot } from '../lab/snapshot.ts';
import { nodeCommand } from '../lab/tools.ts';

export const victims = ['daemon', 'janitor', 'both'] as const;
export type Victim = (typeof victims)[number];

/** What may pass until all is as before, and until names are answered again after a start, in milliseconds (S5). */
export const limits = { AS_BEFORE: 1000, ANSWERING: 2000 } as const;

/** Names under load, and questions a second. */
const NAMES = 64;
const QUESTIONS_PER_SECOND = 200;
/** How long is waited for what has to be sooner. */
const PATIENCE_MILLISECONDS = 8000;

export interface DeathScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly host6: LabHost;
  readonly agent: Agent;
  readonly before: Snapshot;
  /** Watches the other end of the uplink since before the agent was started. */
  readonly watch: LeakWatch;
}

/** What a round found. */
export interface Round {
  readonly victim: Victim;
  /** From the start of `bis up` to the first synthesized answer, in milliseconds. */
  readonly answering: number;
  /** From the kill, or for `both` from the start of `bis restore`, until all was as before; what was not, in `left`. */
  readonly asBefore: number;
  readonly left: readonly string[];
}

/** Builds the network and starts its servers. Throws, with everything removed again, when one does not start. */
export async function setDeathScene(): Promise<DeathScene> {
  const lab = await Lab.build(pair);
  try {
    const [dual, host6] = [lab.host('dual'), lab.host('host6')];
    const zone = path.join(lab.directory, 'zone');
    const names = ['six', ...Array.from({ length: NAMES }, (_, index) => `peer${index}`)];
    fs.writeFileSync(zone, names.map((name) => `${name}.example. 300 IN AAAA ${SERVER}\n`).join(''));
    const servers = host6.start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', `dns=53:${zone}`]);
    await servers.says(/ready/);
    const watch = await LeakWatch.begin(host6, 'eth0');
    return { lab, dual, host6, agent: new Agent(lab, dual), before: await dual.snapshot(), watch };
  } catch (error) {
    lab.demolish();
    throw error;
  }
}

/** Starts the agent, loads it, kills `victim`, and waits until nothing is left. `port` keeps rounds apart. */
export async function playRound(scene: DeathScene, victim: Victim, port: number): Promise<Round> {
  const { agent, dual } = scene;
  const started = performance.now();
  const up = agent.up();
  const answering = await until(started, async () => /^10\.170\./.test(await ask(dual)));
  const { status, stdout, stderr } = await up;
  if (status !== 0) throw new Error(`bis up: ${stdout}${stderr}`);
  const load = await beginLoad(scene, port);
  const daemon = (await agent.status())?.pid ?? Number.NaN;
  const janitor = await janitorOf(dual);
  let began = performance.now();
  if (victim !== 'daemon') process.kill(janitor ?? Number.NaN, 'SIGKILL');
  if (victim !== 'janitor') process.kill(daemon, 'SIGKILL');
  if (victim === 'janitor') {
    const isReplaced = await until(began, async () => ![janitor, undefined].includes(await janitorOf(dual)));
    if (Number.isNaN(isReplaced)) throw new Error('The janitor was not replaced');
    began = performance.now();
    process.kill(daemon, 'SIGKILL');
  }
  if (victim === 'both') {
    await guardedWhileForwarding(dual);
    began = performance.now();
    const restored = await agent.tell('restore');
    if (restored.status !== 0) throw new Error(`bis restore: ${restored.stdout}${restored.stderr}`);
  }
  let left: string[] = [];
  const asBefore = await until(began, async () => {
    left = differences(scene.before, await dual.snapshot()).filter((line) => !isOf(load, line));
    return left.length === 0;
  });
  await Promise.all(load.map((program) => program.stop('SIGKILL')));
  return { victim, answering, asBefore, left };
}

/** Milliseconds from `began` until it is so; NaN when it is not in time. */
async function until(began: number, isSo: () => Promise<boolean>): Promise<number> {
  for (;;) {
    const now = performance.now();
    if (await isSo()) return performance.now() - began;
    if (now - began > PATIENCE_MILLISECONDS) return Number.NaN;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The address that the name has for an IPv4-only program; empty when it has none. */
async function ask(dual: LabHost): Promise<string> {
  return (await dual.run(['dig', '+short', '+time=1', '+tries=1', 'six.example', 'A'])).stdout.trim();
}

/** TCP in both directions and questions, once they flow. */
async function beginLoad({ dual, host6 }: DeathScene, port: number): Promise<Program[]> {
  const common = ['-p', String(port), '--forceflush'];
  const server = host6.start(['iperf3', '-s', '-1', ...common]);
  await server.says(/listening on/);
  const client = dual.start(['iperf3', '-4', '-c', 'six.example', '--bidir', '-t', '30', '-i', '0.1', ...common]);
  const words = ['agent/testing/ask-many.ts'].flatMap(nodeCommand);
  const asking = dual.start([...words, SERVER, String(QUESTIONS_PER_SECOND), String(NAMES)]);
  await Promise.all([client.says(/bits\/sec/), asking.says(/^peer\d+\.example 10\.170\./)]);
  return [client, asking, server];
}

/** Whether a line of differences is about a program of the load. */
function isOf(load: readonly Program[], line: string): boolean {
  return load.some(({ pid }) => line.startsWith(`+ processes: ${pid} `));
}

/** The process id of the janitor on this host; `undefined` for none. */
export async function janitorOf(dual: LabHost): Promise<number | undefined> {
  const pids = (await dual.run(['ip', 'netns', 'pids', dual.namespace])).stdout.split('\n').filter(Boolean).map(Number);
  return pids.find((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/install/janitor.js\0');
    } catch {
      return false;
    }
  });
}

/** Nobody has put anything back yet: as long as the uplink forwards, it must be guarded. Throws when it is not. */
async function guardedWhileForwarding(dual: LabHost): Promise<void> {
  const forced = (await dual.must(['cat', '/proc/sys/net/ipv6/conf/eth0/force_forwarding'])).trim();
  const guard = await dual.run(['nft', 'list', 'table', ...guardTable('ip6')]);
  if (forced !== '0' && !/elements = \{ "eth0" \}/.test(guard.stdout)) throw new Error('eth0 forwards without guard');
}
