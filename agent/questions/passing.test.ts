import test from 'ava';
import type { DnsProgram } from '../network/dns-programs.ts';
import { type PassingObservations, uidIn, whoPasses } from './passing.ts';

const program = (name: string, addresses: readonly string[], uid = 0, cgroup = ''): DnsProgram => ({
  pid: 42,
  name,
  addresses,
  uid,
  cgroup,
});

const nothing: PassingObservations = { programs: [], configured: [], stubs: [], uidOf: () => undefined };

/** Programs, and who passes: users as numbers, control groups as text, `gap` where nobody can be told apart. */
const table: readonly [string, DnsProgram, string][] = [
  ['dnsmasq of libvirt', program('dnsmasq', ['192.168.122.1'], 116), '116'],
  ['dnsmasq of LXD', program('dnsmasq', ['10.0.3.1', 'fd42::1'], 998), '998'],
  ['dnsmasq of a hotspot', program('dnsmasq', ['10.42.0.1'], 65_534), '65534'],
  ['dnsmasq for the whole network', program('dnsmasq', ['0.0.0.0', '::'], 104), '104'],
  ['a stub that is caught in front of', program('dnsmasq', ['127.0.0.1', '::1'], 104), '104'],
  ['the same as root in no service', program('dnsmasq', ['127.0.0.1']), ''],
  ['another on loopback, that is not', program('unbound', ['127.0.0.2'], 105), ''],
  ['systemd-resolved', program('systemd-resolve', ['127.0.0.53', '192.168.1.2'], 101), ''],
  ['Docker', program('dockerd', [], 0, '/system.slice/docker.service'), 'system.slice/docker.service'],
  ['aardvark in a service', program('aardvark-dns', ['10.88.0.1'], 0, '/system.slice/x.scope'), 'system.slice/x.scope'],
  ['aardvark in a login', program('aardvark-dns', ['10.88.0.1'], 0, '/user.slice/user-0.slice/session-1.scope'), 'gap'],
  ['a program of root in the root group', program('dnsmasq', ['10.88.0.1'], 0, '/'), 'gap'],
  [
    'one that cannot be seen',
    { ...program('', ['10.88.0.1'], 0, '/system.slice/x.service'), pid: 0 },
    'system.slice/x.service',
  ],
  [
    'Docker that cannot be seen',
    { ...program('', [], 0, '/system.slice/docker.service'), pid: 0 },
    'system.slice/docker.service',
  ],
  ['one that cannot be told', { ...program('', ['10.88.0.1']), pid: 0 }, 'gap'],
  [
    'systemd-resolved that cannot be seen',
    { ...program('', ['127.0.0.53', '192.168.1.2'], 0, '/system.slice/systemd-resolved.service'), pid: 0 },
    '',
  ],
  ['a host without cgroup2', program('dnsmasq', ['10.88.0.1']), 'gap'],
];

for (const [what, one, expected] of table) {
  test(`D12: ${what}: ${expected || 'caught as any'}`, (t) => {
    const { passing, gaps } = whoPasses({ ...nothing, programs: [one], stubs: ['127.0.0.1'] });
    t.is([...passing.uids, ...passing.cgroups, ...gaps.map(() => 'gap')].join(' '), expected);
    for (const { text } of gaps) t.regex(text, /^[A-Z].*\.$/s);
  });
}

test('D12: our own listeners are nobody to let pass', (t) => {
  const own = { ...program('node', ['172.21.112.1'], 0, '/system.slice/bis.service'), pid: process.pid };
  t.deepEqual(whoPasses({ ...nothing, programs: [own] }).passing, { uids: [], cgroups: [] });
});

test('D12: what is configured passes besides; a user that is not there is a gap', (t) => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nlibvirt-dnsmasq:x:116:\nodd:x:y:\n';
  const configured = [
    { kind: 'user', user: 'libvirt-dnsmasq' },
    { kind: 'user', user: '70' },
    { kind: 'user', user: 'nobody-of-that-name' },
    { kind: 'cgroup', path: 'a.slice/b.scope' },
  ] as const;
  const { passing, gaps } = whoPasses({ ...nothing, configured, uidOf: (name) => uidIn(passwd, name) });
  t.deepEqual(passing, { uids: [70, 116], cgroups: ['a.slice/b.scope'] });
  t.is(gaps.length, 1);
  t.is(uidIn(passwd, 'odd'), undefined);
});
