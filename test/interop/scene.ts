/** One interop scene: the network, the servers, `bis daemon` with nothing but its defaults, and a watch on the uplink. */
import { Agent } from '../lab/agent.ts';
import { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { LeakWatch } from '../lab/leak-watch.ts';
import type { Snapshot } from '../lab/snapshot.ts';
import { nodeCommand } from '../lab/tools.ts';
import { type NameServer, startNameServer, startStub } from './name-server.ts';
import { interopNetwork, type Place } from './network.ts';
import { startSshServer } from './ssh-server.ts';

export interface Scene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly host6: LabHost;
  readonly agent: Agent;
  /** How `dual` was before the agent was started. */
  readonly before: Snapshot;
  /** Watches the other end of the uplink since before the agent was started. */
  readonly watch: LeakWatch;
}

/** Sets a scene; the agent is prepared, not started. Throws, with everything removed again, when a server does not start. */
export async function setScene(place: Place, nameServer: NameServer): Promise<Scene> {
  const lab = await Lab.build(interopNetwork(place));
  try {
    return await furnish(lab, place, nameServer);
  } catch (error) {
    // Its programs would keep the process of the test alive.
    lab.demolish();
    throw error;
  }
}

async function furnish(lab: Lab, place: Place, nameServer: NameServer): Promise<Scene> {
  const [dual, host6] = [lab.host('dual'), lab.host('host6')];
  const serve = host6.start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', 'echo=7']);
  const iperf3 = host6.start(['iperf3', '-s', '-B', '::', '--forceflush']);
  await Promise.all([
    serve.says(/ready/),
    iperf3.says(/listening on/),
    startNameServer(lab, nameServer),
    startSshServer(lab, host6, 'inet6'),
  ]);
  if (place.hasStub === true) await startStub(lab);
  const watch = await LeakWatch.begin(host6, 'eth0');
  return { lab, dual, host6, agent: new Agent(lab, dual), before: await dual.snapshot(), watch };
}
