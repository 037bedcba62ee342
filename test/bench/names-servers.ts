/** The name servers of the `names` section: one that knows every name, and two that forward to it, for comparison. */
import fs from 'node:fs';
import path from 'node:path';
import { startDnsmasq } from '../lab/dnsmasq.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { SERVER } from '../lab/networks.ts';
import { toolCommand } from '../lab/tools.ts';

/** Names that are in every cache. */
export const WARM_NAMES = 1000;

const common = [
  '  username: ""',
  '  chroot: ""',
  '  pidfile: ""',
  '  use-syslog: no',
  '  do-daemonize: no',
  '  access-control: ::/0 allow',
  '  access-control: 0.0.0.0/0 allow',
  '  so-rcvbuf: 1m',
  '  outgoing-range: 4096',
  '  num-queries-per-thread: 2048',
];

async function startUnbound(lab: Lab, host: LabHost, name: string, lines: readonly string[]): Promise<void> {
  const file = path.join(lab.directory, `${name}.conf`);
  const text = [
    'server:',
    `  directory: "${lab.directory}"`,
    ...common,
    ...lines,
    'remote-control:',
    '  control-enable: no',
  ];
  fs.writeFileSync(file, `${text.join('\n')}\n`);
  await host.start([...toolCommand('unbound'), '-d', '-c', file]).says(/start of service/);
}

/** On the other host: every name below `cold.example` and `warm.example` has an AAAA record, and no A. */
export async function namesServer(lab: Lab, host: LabHost): Promise<void> {
  const zone = (name: string): string[] => [
    `  local-zone: "${name}." redirect`,
    `  local-data: "${name}. 300 IN AAAA ${SERVER}"`,
    `  local-data: "${name}. 300 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 300"`,
  ];
  await startUnbound(lab, host, 'names', [
    '  interface: ::0',
    '  module-config: "iterator"',
    ...zone('cold.example'),
    ...zone('warm.example'),
  ]);
}

/** On the host itself, with a cache. */
export function cachingUnbound(lab: Lab, host: LabHost): Promise<void> {
  return startUnbound(lab, host, 'forward', [
    '  interface: 127.0.0.2',
    '  module-config: "iterator"',
    '  do-not-query-localhost: no',
    'forward-zone:',
    '  name: "."',
    `  forward-addr: ${SERVER}`,
  ]);
}

/** The same with dnsmasq; it holds 10,000 answers. */
export async function dnsmasqForwarder(host: LabHost): Promise<void> {
  await startDnsmasq(host, '127.0.0.3', SERVER, '--cache-size=10000', '--dns-forward-max=2000');
}
