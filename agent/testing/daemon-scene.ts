/** A lab with a daemon to be started and a server that has only IPv6: what the lab tests of this folder play in. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../../test/lab/agent.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair, SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem } from '../../test/lab/own-system.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { Topology } from '../../test/lab/topology.ts';
import type { Status } from '../control/agent.ts';

export interface DaemonScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly host6: LabHost;
  readonly agent: Agent;
}

/** Builds the network, starts DNS and HTTP on `host6`, and prepares an agent on `dual`; `more` are lines of the zone. */
export async function setDaemonScene(topology: Topology = pair, more = ''): Promise<DaemonScene> {
  const lab = await Lab.build(topology);
  const [dual, host6] = [lab.host('dual'), lab.host('host6')];
  const zone = path.join(lab.directory, 'zone');
  fs.writeFileSync(zone, `six.example. 300 IN AAAA ${SERVER}\n${more}`);
  const servers = host6.start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', `dns=53:${zone}`]);
  await servers.says(/ready/);
  return { lab, dual, host6, agent: new Agent(lab, dual) };
}

/** The same scene, in which the agent takes the kernel for another release: it does without what that does not have. */
export async function claimRelease(scene: DaemonScene, release: string): Promise<DaemonScene> {
  const dual = await giveOwnSystem(scene.lab, scene.dual);
  const file = path.join(scene.lab.directory, 'osrelease');
  fs.writeFileSync(file, `${release}\n`);
  await dual.must(['mount', '--bind', file, '/proc/sys/kernel/osrelease']);
  return { ...scene, dual, agent: new Agent(scene.lab, dual) };
}

/** Whether an IPv4-only program gets so many octets of a page by name; else what it says instead. */
export async function fetches({ dual }: DaemonScene, octets = 1000): Promise<string> {
  const url = `http://six.example/bytes/${octets}`;
  const argv = ['curl', '-sS', '-4', '--max-time', '5', '-o', '/dev/null', '-w', '%{size_download}', url];
  const { stdout, stderr } = await dual.run(argv);
  return stdout === String(octets) ? 'yes' : `${stdout} ${stderr}`.trim();
}

/** The state and the codes of the reasons, as one line: `degraded: no-uplink`. */
export function inShort(status: Status | undefined): string {
  if (status === undefined) return 'no daemon';
  return [status.state, status.reasons.map(({ code }) => code).join(' ')].filter(Boolean).join(': ');
}

/** Waits until the status in short is this, and returns it; what it is instead when `withinMs` have passed. */
export async function becomes({ agent }: DaemonScene, wanted: string, withinMs = 3000): Promise<string> {
  return becomesState(agent, wanted, withinMs);
}

/** The same, of an agent without its scene. */
export async function becomesState(agent: Agent, wanted: string, withinMs: number): Promise<string> {
  return settlesAt(async () => inShort(await agent.status()), wanted, withinMs);
}

/** Asks again and again until the answer is the wanted one. Returns the last answer. */
export async function settlesAt(ask: () => Promise<string>, wanted: string, withinMs = 3000): Promise<string> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer === wanted || performance.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
