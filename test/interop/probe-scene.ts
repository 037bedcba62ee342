/** A scene of the probing tests: a network, servers and a peer on `host6`, the agent on `dual`, a watch on the uplink. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { LeakWatch } from '../lab/leak-watch.ts';
import type { Snapshot } from '../lab/snapshot.ts';
import { nodeCommand } from '../lab/tools.ts';
import type { Topology } from '../lab/topology.ts';
import { zone } from './probe-networks.ts';

export interface ProbeScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly host6: LabHost;
  readonly agent: Agent;
  /** How `dual` was before the agent was started. */
  readonly before: Snapshot;
  readonly watch: LeakWatch;
}

/** A host and its device at the other end of `dual`'s uplink. */
export interface Opposite {
  readonly host: string;
  readonly device: string;
}

/** A program of this folder, as the start of a command line. */
export function python(name: string): string[] {
  return ['python3', '-B', path.join(import.meta.dirname, name)];
}

/** Builds the network and starts everything in it, the agent last. Throws, with all removed again, if that fails. */
export async function setProbeScene(topology: Topology, opposite: Opposite): Promise<ProbeScene> {
  const lab = await Lab.build(topology);
  try {
    const [dual, host6] = [lab.host('dual'), lab.host('host6')];
    const file = path.join(lab.directory, 'zone');
    fs.writeFileSync(file, zone);
    const serve = host6.start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', 'echo=7', `dns=53:${file}`]);
    const peer = host6.start(python('ipv6-peer.py'));
    await Promise.all([serve.says(/ready/), peer.says(/ready/)]);
    const watch = await LeakWatch.begin(lab.host(opposite.host), opposite.device);
    const agent = new Agent(lab, dual);
    const before = await dual.snapshot();
    await agent.start();
    return { lab, dual, host6, agent, before, watch };
  } catch (error) {
    lab.demolish();
    throw error;
  }
}

/**
 * Runs `ipv4-program.py WORDS` on `dual` and returns what it prints, which is JSON. The type of that is the caller's to
 * know. Throws with its words when it fails.
 */
export async function ask<Answer>({ dual }: ProbeScene, ...words: string[]): Promise<Answer> {
  return JSON.parse(await dual.must([...python('ipv4-program.py'), ...words])) as Answer;
}

/** Ends the agent and tells what stayed of it or leaked from it: nothing, an empty list. */
export async function endProbeScene({ agent, dual, before, watch }: ProbeScene): Promise<string[]> {
  const { status, stdout, stderr } = await agent.daemon.stop('SIGTERM', 5000);
  const badEnd = status === 0 ? [] : [`bis daemon ended with ${status}: ${stdout}${stderr}`];
  const { leaks, missed } = await watch.end();
  const unseen = missed === 0 ? [] : [`${missed} packets could not be watched`];
  return [...badEnd, ...(await dual.differencesSince(before, 1000)), ...leaks, ...unseen];
}
