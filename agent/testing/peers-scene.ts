/** A lab with many peers behind one router, a name and an address each: what the tests of a spool that fills play in. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../../test/lab/agent.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair, SERVER } from '../../test/lab/networks.ts';
import type { Snapshot } from '../../test/lab/snapshot.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { MappingRow } from '../control/agent.ts';

export interface PeersScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly agent: Agent;
  /** How `dual` was before the agent was started. */
  readonly before: Snapshot;
}

/** Builds the network with `peer0.example` and so on, and prepares an agent on `dual`. */
export async function setPeersScene(peers: number, ttlSeconds: number): Promise<PeersScene> {
  const lab = await Lab.build(pair);
  const [dual, host6] = [lab.host('dual'), lab.host('host6')];
  const zone = path.join(lab.directory, 'zone');
  const record = (_: unknown, number: number): string =>
    `peer${number}.example. ${ttlSeconds} IN AAAA 2001:db8:7::${(number + 1).toString(16)}\n`;
  fs.writeFileSync(zone, Array.from({ length: peers }, record).join(''));
  await host6.must(['ip', 'route', 'add', 'local', '2001:db8:7::/64', 'dev', 'lo']);
  await dual.must(['ip', 'route', 'add', '2001:db8:7::/64', 'via', SERVER]);
  await host6.start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${zone}`]).says(/ready/);
  await host6.start(['python3', 'agent/testing/many-peers.py']).says(/ready/);
  return { lab, dual, agent: new Agent(lab, dual), before: await dual.snapshot() };
}

/** What `bis mappings --json` lists. */
export async function mappingsOf(agent: Agent): Promise<readonly MappingRow[]> {
  const { stdout } = await agent.tell('mappings', '--json');
  return (JSON.parse(stdout) as { mappings: MappingRow[] }).mappings;
}
