/** Name servers that others wrote, both with the same records: unbound and dnsmasq. */
import fs from 'node:fs';
import path from 'node:path';
import { startDnsmasq } from '../lab/dnsmasq.ts';
import type { Lab } from '../lab/lab.ts';
import type { Program } from '../lab/program.ts';
import { toolCommand } from '../lab/tools.ts';
import { names, server } from './network.ts';

export const nameServers = ['unbound', 'dnsmasq'] as const;
export type NameServer = (typeof nameServers)[number];

/** An address with an A record of its own; nothing answers there. */
export const BOTH_IPV4 = '203.0.113.5';

/** The HTTPS record `1 . alpn=h2` as octets: a type that many programs do not know (RFC 9460 §2.2). */
const HTTPS_OCTETS = '00010000010003026832';

/** As a zone file (RFC 1035 §5). */
const zoneFile = [
  'example. 300 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 30',
  'example. 300 IN NS ns.example.',
  `${names.six}. 300 IN AAAA ${server.ipv6}`,
  `${names.both}. 300 IN AAAA ${server.ipv6}`,
  `${names.both}. 300 IN A ${BOTH_IPV4}`,
  `${names.six}. 300 IN MX 10 ${names.both}.`,
  `${names.six}. 300 IN TXT "v=spf1 -all"`,
  `_ssh._tcp.example. 300 IN SRV 1 2 22 ${names.six}.`,
  `${names.six}. 300 IN CAA 0 issue "ca.example"`,
  `${names.alias}. 300 IN CNAME ${names.six}.`,
  `${names.six}. 300 IN TYPE65 \\# 10 ${HTTPS_OCTETS}`,
];

function unboundConfig(directory: string): string {
  return [
    'server:',
    `  directory: "${directory}"`,
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  do-daemonize: no',
    '  interface: ::',
    '  interface: 0.0.0.0',
    '  interface-automatic: yes',
    '  access-control: ::/0 allow',
    '  access-control: 0.0.0.0/0 allow',
    '  module-config: "iterator"',
    '  rrset-roundrobin: no',
    'auth-zone:',
    '  name: example.',
    '  for-downstream: yes',
    '  zonefile: "zone"',
    'remote-control:',
    '  control-enable: no',
    '',
  ].join('\n');
}

function dnsmasqConfig(): string {
  return [
    'no-resolv',
    'no-hosts',
    'user=root',
    'pid-file=',
    'log-facility=-',
    'local=/example/',
    'local-ttl=300',
    `host-record=${names.six},${server.ipv6}`,
    `host-record=${names.both},${server.ipv6},${BOTH_IPV4}`,
    `mx-host=${names.six},${names.both},10`,
    `txt-record=${names.six},"v=spf1 -all"`,
    `srv-host=_ssh._tcp.example,${names.six},22,1,2`,
    `caa-record=${names.six},0,issue,ca.example`,
    `dns-rr=${names.six},65,${HTTPS_OCTETS}`,
    `cname=${names.alias},${names.six}`,
    '',
  ].join('\n');
}

/** Starts a name server on `host6`, on all its addresses, and waits until it answers. Throws with its words if it does not. */
export async function startNameServer(lab: Lab, which: NameServer): Promise<Program> {
  const host6 = lab.host('host6');
  const config = path.join(lab.directory, `${which}.conf`);
  fs.writeFileSync(path.join(lab.directory, 'zone'), zoneFile.map((line) => `${line}\n`).join(''));
  fs.writeFileSync(config, which === 'unbound' ? unboundConfig(lab.directory) : dnsmasqConfig());
  const argv = which === 'unbound' ? ['-d', '-c', config] : ['--keep-in-foreground', '-C', config];
  const program = host6.start([...toolCommand(which), ...argv]);
  await program.says(/start of service|started, version/);
  const query = ['dig', '+short', '+time=1', '+tries=3', `@${server.ipv6}`, names.six, 'AAAA'];
  const answer = (await host6.must(query)).trim();
  if (answer !== server.ipv6) throw new Error(`${which} answers \`${answer}\`: ${program.stdout}${program.stderr}`);
  return program;
}

/** Starts a stub on `dual`'s loopback that passes every question on, and waits until it is ready. */
export async function startStub(lab: Lab): Promise<void> {
  await startDnsmasq(lab.host('dual'), '127.0.0.1', server.ipv6, '--cache-size=0');
}
