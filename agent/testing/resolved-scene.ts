/** A host with systemd-resolved and two links with a name server each, for the lab tests of this folder. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../../test/lab/agent.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem } from '../../test/lab/own-system.ts';
import type { Program } from '../../test/lab/program.ts';
import { type ResolvedOptions, startResolved } from '../../test/lab/resolved.ts';
import { nodeCommand } from '../../test/lab/tools.ts';
import type { Topology } from '../../test/lab/topology.ts';
import { settlesAt } from './daemon-scene.ts';

/** The name server of the second link. */
export const OFFICE = '2001:db8:9::2';

/**
 * Two links, on which the link-local address of the name server is the same.
 * ```
 *                    dual  eth0  2001:db8:6::1/64  ──  eth0  host6   2001:db8:6::2, fe80::53   six.example
 *   systemd-resolved       eth1  2001:db8:9::1/64  ──  eth0  office  2001:db8:9::2, fe80::53   pc.office
 * ```
 */
const topology: Topology = {
  hosts: [
    { name: 'dual', etc: { 'resolv.conf': `nameserver ${SERVER}\n` }, routes: [['default', 'via', SERVER]] },
    { name: 'host6' },
    { name: 'office', routes: [['default', 'via', '2001:db8:9::1']] },
  ],
  links: [
    {
      ends: [
        { host: 'dual', device: 'eth0', addresses: ['2001:db8:6::1/64', '198.51.100.1/24'] },
        { host: 'host6', device: 'eth0', addresses: [`${SERVER}/64`] },
      ],
    },
    {
      ends: [
        { host: 'dual', device: 'eth1', addresses: ['2001:db8:9::1/64'] },
        { host: 'office', device: 'eth0', addresses: [`${OFFICE}/64`] },
      ],
    },
  ],
};

export interface ResolvedScene {
  readonly lab: Lab;
  readonly dual: LabHost;
  readonly agent: Agent;
  readonly resolved: Program;
}

/** Builds the network and starts everything but the agent; systemd-resolved asks the server of `eth0`. */
export async function setResolvedScene(options: ResolvedOptions): Promise<ResolvedScene> {
  const lab = await Lab.build(topology);
  try {
    const names = ['six', 'new1', 'new2', 'new3'].map((name) => `${name}.example. 300 IN AAAA ${SERVER}\n`);
    const zones = { host6: names.join(''), office: `pc.office. 300 IN AAAA ${OFFICE}\n` };
    await Promise.all(
      Object.entries(zones).map(async ([name, zone]) => {
        const file = path.join(lab.directory, name);
        fs.writeFileSync(file, zone);
        // The only one of its kind there, so that answers come from the address that was asked.
        await lab.host(name).must(['ip', '-6', 'address', 'flush', 'dev', 'eth0', 'scope', 'link']);
        await lab.host(name).must(['ip', '-6', 'address', 'add', 'fe80::53/64', 'dev', 'eth0', 'nodad']);
        const serve = [...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${file}`, 'http=80'];
        await lab.host(name).start(serve).says(/ready/);
      }),
    );
    const dual = await giveOwnSystem(lab, lab.host('dual'));
    const resolved = await startResolved(dual, options);
    await dual.must(['resolvectl', 'dns', 'eth0', SERVER]);
    return { lab, dual, resolved, agent: new Agent(lab, dual) };
  } catch (error) {
    // Its programs would keep the process of the test alive.
    lab.demolish();
    throw error;
  }
}

/** How a program finds a name: what it is told, in short. */
export async function finds(
  { dual }: Pick<ResolvedScene, 'dual'>,
  how: readonly string[],
  name = 'six.example',
): Promise<string> {
  const argv = how[0] === 'dig' ? [...how, '+short', '+time=1', '+tries=1', name, 'A'] : [...how, name];
  const { stdout } = await dual.run(argv);
  return /^10\.170\./m.test(stdout) ? 'synthesized' : stdout.trim() || 'nothing';
}

/** The ways programs ask: the C library through nss-resolve, and those that send packets. */
export const ways = {
  nss: ['getent', 'ahostsv4'],
  stub: ['dig', '@127.0.0.53'],
  server: ['dig', `@${SERVER}`],
} as const;

/** The servers in short: `SERVER on DEVICE`, those that are not caught in brackets. */
export async function servers({ agent }: ResolvedScene): Promise<string> {
  const all = (await agent.status())?.resolver?.servers ?? [];
  const inShort = all.map(({ server, device, listener }) => {
    const text = `${server.replace(/#53$/, '')} on ${device}`;
    return listener === null ? `[${text}]` : text;
  });
  // In the order of their devices: that of systemd-resolved is anybody's guess.
  return inShort.sort((a, b) => a.slice(a.indexOf(' on ')).localeCompare(b.slice(b.indexOf(' on ')))).join(', ');
}

/** Waits until the servers in short are these. */
export async function serversBecome(scene: ResolvedScene, wanted: string, withinMs: number): Promise<string> {
  return settlesAt(() => servers(scene), wanted, withinMs);
}
