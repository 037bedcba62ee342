/** The ways from a client to the server: IPv6 as it is, through `bis`, and through Debian's tayga set up like it. */
import fs from 'node:fs';
import path from 'node:path';
import { Agent } from '../lab/agent.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { nodeCommand, toolCommand } from '../lab/tools.ts';
import { serverOf, type Way, zoneLines } from './network.ts';

/** A client that is ready to measure. */
export interface Contender {
  readonly way: Way;
  readonly client: LabHost;
  /** The server's address as the client's programs use it: IPv6, or the IPv4 address that stands for it. */
  readonly target: string;
  /** The process that translates, if one does. */
  readonly pid: number | undefined;
}

type Through = Pick<Contender, 'target' | 'pid'>;

/** Starts what names need on the server, so many fresh ones for each way. Resolves when it is ready. */
export async function serveNames(lab: Lab, namesForEach: number): Promise<void> {
  const zone = path.join(lab.directory, 'zone');
  fs.writeFileSync(
    zone,
    zoneLines(namesForEach)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const dns = lab.host('host6').start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${zone}`]);
  await dns.says(/ready/);
}

async function throughBis(lab: Lab): Promise<Through> {
  const client = lab.host('bis');
  const { pid } = await new Agent(lab, client).start();
  const [target = ''] = (await client.must(['getent', 'ahostsv4', 'six.example'])).split(/\s/);
  return { target, pid };
}

/**
 * The same walk with tayga in the place of the translator: the client's IPv4 packets go to its TUN device, come out as
 * IPv6 with a source in a ULA /96, and are masqueraded to the address of the uplink.
 */
async function throughTayga(lab: Lab): Promise<Through> {
  const client = lab.host('tayga');
  const config = path.join(lab.directory, 'tayga.conf');
  const target = '10.170.160.1';
  const prefix = 'fd6b:6973:1::/96';
  const settings = [
    'tun-device nat64',
    'ipv4-addr 192.168.255.1',
    `prefix ${prefix}`,
    `map ${target} ${serverOf('tayga')}`,
    `data-dir ${lab.directory}`,
  ];
  fs.writeFileSync(config, settings.map((line) => `${line}\n`).join(''));
  const tayga = [...toolCommand('tayga'), '--config', config];
  await client.must([...tayga, '--mktun']);
  const commands = [
    'sysctl -q -w net.ipv6.conf.all.forwarding=1',
    'ip link set nat64 up',
    'ip addr add 192.168.255.2/32 dev nat64',
    'ip route add 10.170.160.0/20 dev nat64 mtu 1480',
    `ip -6 route add ${prefix} dev nat64`,
    'nft add table ip6 bench',
    'nft add chain ip6 bench out { type nat hook postrouting priority srcnat ; }',
    `nft add rule ip6 bench out ip6 saddr ${prefix} oifname eth0 masquerade`,
  ];
  for (const command of commands) await client.must(command.split(' '));
  const { pid } = client.start([...tayga, '--nodetach']);
  return { target, pid };
}

const native = async (): Promise<Through> => ({ target: serverOf('native'), pid: undefined });

const through: Readonly<Record<Way, (lab: Lab) => Promise<Through>>> = {
  native,
  bis: throughBis,
  tayga: throughTayga,
};

/** Makes one way ready and tries it once. Throws when nothing comes through. */
export async function startContender(lab: Lab, way: Way): Promise<Contender> {
  const client = lab.host(way);
  const { target, pid } = await through[way](lab);
  await client.must(['ping', '-c', '3', '-i', '0.2', '-W', '2', target]);
  return { way, client, target, pid };
}
