/** `stand.ts [pair|lan|routed]`: builds a network, tells how to get into its hosts, and keeps it until Ctrl-C. */
import { Lab } from './lab.ts';
import { lan, pair, routed } from './networks.ts';
import type { Topology } from './topology.ts';

const networks: Readonly<Record<string, Topology>> = { pair, lan, routed };
const topology = networks[process.argv[2] ?? 'pair'];
if (topology === undefined) throw new Error(`There is no such network; there are ${Object.keys(networks).join(', ')}`);

const lab = await Lab.build(topology, { echo: console.log });
for (const { name } of topology.hosts) {
  console.log(`${name}: ip netns exec ${lab.host(name).namespace} bash`);
}
console.log('standing');
setInterval(() => {}, 1 << 30);
