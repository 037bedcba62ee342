/** unbound, BIND and dnsmasq with one zone: a name for every row of the answer table that a sound server can make, and for every exclusion. */
import fs from 'node:fs';
import path from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { SERVER } from '../lab/networks.ts';
import type { Program } from '../lab/program.ts';
import { toolCommand } from '../lab/tools.ts';

export const judgedServers = ['unbound', 'named', 'dnsmasq'] as const;
export type JudgedServer = (typeof judgedServers)[number];

/** A name below `judge.example`, its addresses, and what is answered for A: addresses, `N spool`, or a word. */
export interface Row {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly expected: string;
}

/** AAAA records that are never synthesized from, by what they are. */
const never6 = {
  unspecified: '::',
  loopback: '::1',
  mapped: '::ffff:192.0.2.1',
  compatible: '::192.0.2.1',
  linklocal: 'fe80::1',
  multicast: 'ff0e::1',
  discard: '100::1',
  nat64: '64:ff9b::192.0.2.33',
  localnat64: '64:ff9b:1::1',
  sixtofour: '2002:a00:1::1',
  teredo: '2001:0:4136:e378:8000:63bf:3f57:fefe',
  own: '2001:db8:6::1',
  pref64: '2001:db8:64::192.0.2.33',
} as const;

const kept6 = {
  ula: 'fd00::9',
  yggdrasil: '200::9',
  global: '2a00:1450::9',
  sixtofourglobal: '2002:808:808::1',
} as const;

/** A records that no program can use. */
const never4 = {
  thisnet: '0.1.2.3',
  loop: '127.0.0.1',
  link: '169.254.1.1',
  multi: '224.0.0.9',
  reserved: '240.0.0.1',
  spool: '10.170.160.77',
} as const;

const GOOD = '2001:db8:6::9';

/** Two addresses that unbound, BIND and dnsmasq may give in any order. */
export const rows: readonly Row[] = [
  { name: 'four', addresses: ['192.0.2.1'], expected: '192.0.2.1' },
  { name: 'both', addresses: ['192.0.2.1', GOOD], expected: '192.0.2.1' },
  { name: 'six', addresses: [GOOD], expected: '1 spool' },
  { name: 'sixtwice', addresses: [GOOD, '2001:db8:6::a'], expected: '2 spool' },
  { name: 'mixed', addresses: ['fe80::1', GOOD, '::1'], expected: '1 spool' },
  { name: 'blocked', addresses: ['0.0.0.0', GOOD], expected: '0.0.0.0' },
  { name: 'dnsbl', addresses: ['127.0.0.2'], expected: '127.0.0.2' },
  { name: 'dnsblsix', addresses: ['127.0.0.2', 'fe80::1'], expected: '127.0.0.2' },
  ...Object.entries(never4).map(([name, ipv4]) => ({
    name: `a-${name}`,
    addresses: [ipv4, GOOD],
    expected: '1 spool',
  })),
  ...Object.entries(never6).map(([name, ipv6]) => ({ name: `aaaa-${name}`, addresses: [ipv6], expected: 'NODATA' })),
  ...Object.entries(kept6).map(([name, ipv6]) => ({ name: `kept-${name}`, addresses: [ipv6], expected: '1 spool' })),
];

/** Names without addresses of their own, and what is answered for A. */
export const others: readonly (readonly [name: string, expected: string, except?: JudgedServer])[] = [
  ['text', 'NODATA'],
  ['nothing', 'NXDOMAIN'],
  ['alias', '1 spool'],
  ['aliasfour', '192.0.2.1'],
  ['chain1', '1 spool'],
  ['below.moved', '1 spool', 'dnsmasq'],
];

const ZONE = 'judge.example';
/** What a DNS64 of the prefix 2001:db8:64::/96 says to who asks for ipv4only.arpa (RFC 7050). */
const PREF64_KNOWN = '2001:db8:64::192.0.0.170';
const dns64Zone = `$TTL 300\n@ IN SOA ns.${ZONE}. h.${ZONE}. 1 3600 900 604800 30\n@ IN NS ns.${ZONE}.\n@ IN AAAA ${PREF64_KNOWN}\n`;
export const full = (name: string): string => `${name}.${ZONE}`;

/** Aliases from `chain1` to `six`: eight, because BIND follows no more than eleven and unbound no more than eight. */
const chain = Array.from({ length: 8 }, (_, index): [string, string] => [
  `chain${index + 1}`,
  index === 7 ? 'six' : `chain${index + 2}`,
]);
const aliases: readonly (readonly [string, string])[] = [['alias', 'six'], ['aliasfour', 'four'], ...chain];

function zoneFile(): string {
  const lines = [
    '$TTL 300',
    `@ IN SOA ns.${ZONE}. hostmaster.${ZONE}. 1 3600 900 604800 30`,
    `@ IN NS ns.${ZONE}.`,
    `ns IN AAAA ${SERVER}`,
    'text IN TXT "text"',
    `moved IN DNAME there.${ZONE}.`,
    `below.there IN AAAA ${GOOD}`,
    ...aliases.map(([from, to]) => `${from} IN CNAME ${to}`),
    ...rows.flatMap(({ name, addresses }) =>
      addresses.map((ip) => `${name} IN ${ip.includes(':') ? 'AAAA' : 'A'} ${ip}`),
    ),
    ...Array.from({ length: 100 }, (_, index) => [
      `n${index} IN TXT "text ${index}" "more"`,
      `n${index} IN MX ${index} n${index + 1}`,
      `n${index} IN SRV 1 2 ${index} n${index}`,
      `n${index} IN CAA 0 issue "ca${index}.example"`,
      `n${index} IN AAAA 2001:db8:1::${index.toString(16)}`,
      `n${index} IN SSHFP 1 1 ${index.toString(16).padStart(40, '0')}`,
      `n${index} IN TYPE65 \\# 10 00010000010003026832`,
      `n${index} IN TYPE65280 \\# 3 0102${index.toString(16).padStart(2, '0')}`,
      `n${index} IN NAPTR 1 ${index} "u" "E2U+sip" "!^.*$!sip:a@example!" .`,
    ]).flat(),
  ];
  return `${lines.join('\n')}\n`;
}

const config: Readonly<Record<JudgedServer, (directory: string) => string>> = {
  unbound: (directory) =>
    [
      `server:\n  directory: "${directory}"\n  username: ""\n  chroot: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no`,
      `  interface: ${SERVER}\n  access-control: ::/0 allow\n  module-config: "iterator"\n  rrset-roundrobin: no`,
      `auth-zone:\n  name: ${ZONE}.\n  for-downstream: yes\n  zonefile: "judge.zone"`,
      'auth-zone:\n  name: ipv4only.arpa.\n  for-downstream: yes\n  zonefile: "dns64.zone"',
      'remote-control:\n  control-enable: no\n',
    ].join('\n'),
  named: (directory) =>
    [
      `options {\n  directory "${directory}";\n  listen-on-v6 { ${SERVER}; };\n  listen-on { none; };\n  pid-file none;`,
      '  recursion no;\n  session-keyfile none;\n  dnssec-validation no;\n  rrset-order { order fixed; };\n};',
      `controls { };\nzone "${ZONE}" { type primary; file "judge.zone"; check-names ignore; };`,
      'zone "ipv4only.arpa" { type primary; file "dns64.zone"; };\n',
    ].join('\n'),
  dnsmasq: () =>
    [
      'no-resolv',
      'no-hosts',
      'user=root',
      'pid-file=',
      'log-facility=-',
      `local=/${ZONE}/`,
      'local-ttl=300',
      `listen-address=${SERVER}`,
      'bind-interfaces',
      ...rows.flatMap(({ name, addresses }) => addresses.map((ip) => `host-record=${full(name)},${ip}`)),
      `txt-record=${full('text')},text`,
      `host-record=ipv4only.arpa,${PREF64_KNOWN}`,
      ...aliases.toReversed().map(([from, to]) => `cname=${full(from)},${full(to)}`),
      '',
    ].join('\n'),
};

const commands: Readonly<Record<JudgedServer, (file: string) => string[]>> = {
  unbound: (file) => ['-d', '-c', file],
  named: (file) => ['-g', '-u', 'root', '-c', file],
  dnsmasq: (file) => ['--keep-in-foreground', '-C', file],
};

/** Starts one of them on `host6`, and waits until it says that it is ready. */
export async function startJudged(lab: Lab, which: JudgedServer): Promise<Program> {
  const file = path.join(lab.directory, `judged-${which}.conf`);
  fs.writeFileSync(path.join(lab.directory, 'judge.zone'), zoneFile());
  fs.writeFileSync(path.join(lab.directory, 'dns64.zone'), dns64Zone);
  fs.writeFileSync(file, config[which](lab.directory));
  const program = lab.host('host6').start([...toolCommand(which), ...commands[which](file)]);
  await program.says(/start of service|all zones loaded|started, version/);
  return program;
}
