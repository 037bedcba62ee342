import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { observeResolution } from '../network/resolution.ts';
import { type Decision, decide, type Observations } from './decide.ts';

/** A server as systemd-resolved tells it: `DEVICE ADDRESS`, with settings that differ from `no`. */
interface Asked {
  readonly device: string;
  readonly address: readonly number[];
  readonly tls?: string;
  readonly dnssec?: string;
}

/** A host, in the files it has and what systemd-resolved says on it. */
interface Machine {
  readonly resolvConf?: string;
  readonly link?: string;
  readonly hosts?: string;
  /** Its servers; `undefined` when it does not run. */
  readonly resolved?: readonly Asked[];
  /** The network namespace it is in, when it is another. */
  readonly elsewhere?: string;
  readonly isMounted?: boolean;
  /** The user may not write in `/etc`. */
  readonly isClosed?: boolean;
  readonly configured?: Observations['configured'];
  readonly cannotCatch?: string;
}

const NSS_RESOLVE = 'resolve [!UNAVAIL=return] files dns';
const STUB =
  '# This is /run/systemd/resolve/stub-resolv.conf managed by man:systemd-resolved(8).\nnameserver 127.0.0.53\n';
const stub = { resolvConf: STUB, link: '../run/systemd/resolve/stub-resolv.conf' };
const router = { device: 'eth0', address: [192, 168, 1, 1] };
const vpn = { device: 'wg0', address: [10, 8, 0, 1] };
const devices = ['lo', 'eth0', 'wg0'];

/** What a bus says: properties with their values. */
const bus = (properties: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ data: [Object.fromEntries(Object.entries(properties).map(([key, data]) => [key, { data }]))] });

async function decision(machine: Machine): Promise<Decision> {
  const {
    resolvConf,
    link,
    hosts = 'files dns',
    resolved,
    elsewhere = 'net:[1]',
    isMounted,
    isClosed,
    configured = 'auto',
    cannotCatch,
  } = machine;
  const host = new RecordingHost({ '/etc/nsswitch.conf': `passwd: files\nhosts: ${hosts}\n` });
  if (resolvConf !== undefined) host.files.set('/etc/resolv.conf', resolvConf);
  if (link !== undefined) host.links.set('/etc/resolv.conf', link);
  if (isMounted === true) host.files.set('/proc/self/mountinfo', '29 1 8:1 /x /etc/resolv.conf rw - ext4 /dev/sda rw');
  if (isClosed === true) host.closed.add('/etc');
  if (resolved !== undefined) {
    host.files.set('/run/systemd/resolve/resolv.conf', '');
    const call =
      'busctl --json=short --auto-start=no --timeout=2 call org.freedesktop.resolve1 /org/freedesktop/resolve1';
    host.output.set('busctl --json=short --auto-start=no --timeout=2 call org.freedesktop.DBus ', '{"data":[77]}');
    host.links.set('/proc/self/ns/net', 'net:[1]');
    host.links.set('/proc/77/ns/net', elsewhere);
    const index = (device: string): number => devices.indexOf(device) + 1;
    const DNSEx = resolved.map(({ device, address }) => [index(device), 2, address, 0, '']);
    host.output.set(`${call} `, bus({ DNSEx, DNSOverTLS: 'no', DNSSEC: 'no' }));
    host.output.set('ip -j link show', JSON.stringify(devices.map((ifname) => ({ ifname, ifindex: index(ifname) }))));
    for (const { device, tls = 'no', dnssec = 'no' } of resolved) {
      host.output.set(`${call}/link/_3${index(device)} `, bus({ DNSOverTLS: tls, DNSSEC: dnssec }));
    }
  }
  return decide({ configured, cannotCatch, ...(await observeResolution(host)) });
}

/** Servers as they would be asked with dig. */
const asked = ({ servers }: Decision): string[] =>
  servers.map(({ address, zone }) => (zone === '' ? address : `${address}%${zone}`));

/** Hosts as they come, and where their questions are caught. */
const snooped: Readonly<Record<string, [Machine, string[]]>> = {
  'Debian, as it is installed': [{ resolvConf: 'nameserver 192.168.1.1\n' }, ['192.168.1.1']],
  'Debian with systemd-resolved, without libnss-resolve': [{ ...stub, resolved: [router] }, ['127.0.0.53']],
  'Debian with systemd-resolved and libnss-resolve': [
    { ...stub, hosts: 'files resolve [!UNAVAIL=return] dns', resolved: [router] },
    ['192.168.1.1%eth0'],
  ],
  'Ubuntu: systemd-resolved asked by its stub': [
    { ...stub, hosts: 'files mdns4_minimal [NOTFOUND=return] dns', resolved: [router] },
    ['127.0.0.53'],
  ],
  'Fedora: nss-resolve, servers of two links': [
    { ...stub, hosts: 'files myhostname resolve [!UNAVAIL=return] dns', resolved: [router, vpn] },
    ['192.168.1.1%eth0', '10.8.0.1%wg0'],
  ],
  'Fedora, DNS over TLS': [{ ...stub, hosts: NSS_RESOLVE, resolved: [{ ...router, tls: 'yes' }] }, ['127.0.0.53']],
  'Arch: nss-resolve, DNSSEC=allow-downgrade': [
    { ...stub, hosts: NSS_RESOLVE, resolved: [{ ...router, dnssec: 'allow-downgrade' }] },
    ['127.0.0.53'],
  ],
  'nss-resolve, and DNS over TLS on one of two links': [
    { ...stub, hosts: NSS_RESOLVE, resolved: [{ ...router, tls: 'opportunistic' }, vpn] },
    ['127.0.0.53'],
  ],
  'nss-resolve without a running systemd-resolved': [
    { resolvConf: 'nameserver 192.168.1.1\n', hosts: NSS_RESOLVE },
    ['192.168.1.1'],
  ],
  'systemd-resolved with its list of servers in resolv.conf': [
    {
      resolvConf: 'nameserver 192.168.1.1\n',
      link: '/run/systemd/resolve/resolv.conf',
      resolved: [router],
    },
    ['192.168.1.1'],
  ],
  'systemd-resolved that no server was given': [{ ...stub, hosts: NSS_RESOLVE, resolved: [] }, ['127.0.0.53']],
  NetworkManager: [{ resolvConf: '# Generated by NetworkManager\nnameserver 192.168.1.1\n' }, ['192.168.1.1']],
  'NetworkManager with dnsmasq': [
    { resolvConf: '# Generated by NetworkManager\nnameserver 127.0.0.1\n' },
    ['127.0.0.1'],
  ],
  'resolvconf with dnsmasq': [
    {
      resolvConf: '# Dynamic file generated by resolvconf(8)\nnameserver 127.0.0.1\n',
      link: '/run/resolvconf/resolv.conf',
    },
    ['127.0.0.1'],
  ],
  openresolv: [{ resolvConf: '# Generated by resolvconf\nnameserver 192.168.1.1\n' }, ['192.168.1.1']],
  'a container of Docker on a network of its own': [
    { resolvConf: '# Generated by Docker Engine.\nnameserver 127.0.0.11\n', isMounted: true },
    ['127.0.0.11'],
  ],
  'WSL with its tunnel': [
    {
      resolvConf: '# This file was automatically generated by WSL. To stop\nnameserver 10.255.255.254\n',
      link: '/mnt/wsl/resolv.conf',
    },
    ['10.255.255.254'],
  ],
  'a link-local router': [{ resolvConf: 'nameserver fe80::1%wlan0\n' }, ['fe80::1%wlan0']],
  'one router through two links': [
    { resolvConf: 'nameserver fe80::1%eth0\nnameserver fe80::1%wlan0\n' },
    ['fe80::1%eth0', 'fe80::1%wlan0'],
  ],
};

for (const [title, [machine, servers]] of Object.entries(snooped)) {
  test(`auto: ${title}: caught at ${servers.join(', ')}`, async (t) => {
    const found = await decision(machine);
    t.is(found.mode, 'snoop');
    t.deepEqual(asked(found), servers);
    for (const reason of found.reasons) t.regex(reason, /^[A-Z0-9].*\.$/, 'a sentence');
    const isHidden = machine.resolved?.some(({ tls, dnssec }) => (tls ?? dnssec) !== undefined) === true;
    t.deepEqual(
      found.gaps.map(({ code }) => code),
      isHidden ? ['nss-resolve'] : [],
    );
  });
}

test('what nss-resolve hides is told, with the setting and the link', async (t) => {
  const resolved = [
    { ...router, tls: 'yes' },
    { ...vpn, dnssec: 'allow-downgrade' },
  ];
  const { gaps } = await decision({ ...stub, hosts: NSS_RESOLVE, resolved });
  t.regex(gaps[0]?.text ?? '', /\(DNSOverTLS=yes on eth0, DNSSEC=allow-downgrade on wg0\)/);
});

test('systemd-resolved of another network namespace is nobody to go behind, and a gap where programs ask it', async (t) => {
  const machine = { ...stub, hosts: NSS_RESOLVE, resolved: [router], elsewhere: 'net:[2]' };
  const found = await decision(machine);
  t.deepEqual(asked(found), ['127.0.0.53']);
  t.regex(found.gaps[0]?.text ?? '', /another network namespace/);
  t.is((await decision({ ...machine, cannotCatch: 'no' })).mode, 'resolv.conf');
});

const NO = 'Operation not supported';
const replaceable = { resolvConf: 'nameserver 192.168.1.1\n' };

/** Hosts whose kernel cannot catch questions. */
const others: Readonly<Record<string, [Machine, Decision['mode']]>> = {
  'Debian, as it is installed': [replaceable, 'resolv.conf'],
  resolvconf: [{ ...replaceable, link: '/run/resolvconf/resolv.conf' }, 'resolv.conf'],
  'Debian with systemd-resolved': [{ ...stub, resolved: [router] }, 'resolved'],
  Fedora: [{ ...stub, hosts: NSS_RESOLVE, resolved: [router] }, 'resolved'],
  'systemd-resolved that checks where it can': [
    { ...stub, resolved: [{ ...router, dnssec: 'allow-downgrade' }] },
    'resolved',
  ],
  'systemd-resolved that checks': [{ ...stub, resolved: [{ ...router, dnssec: 'yes' }] }, 'resolv.conf'],
  'DNS over TLS on one of two links': [
    { ...stub, resolved: [router, { ...vpn, tls: 'opportunistic' }] },
    'resolv.conf',
  ],
  'systemd-resolved that runs and nobody asks': [{ ...replaceable, resolved: [router] }, 'resolv.conf'],
  'a container': [{ resolvConf: 'nameserver 127.0.0.11\n', isMounted: true }, 'listen'],
  'no resolv.conf': [{}, 'listen'],
  'Debian, as the user of the service': [{ ...replaceable, isClosed: true }, 'listen'],
  'Debian with systemd-resolved, as the user of the service': [
    { ...stub, resolved: [router], isClosed: true },
    'resolved',
  ],
};

for (const [title, [machine, mode]] of Object.entries(others)) {
  test(`auto, without catching: ${title}: ${mode}`, async (t) => {
    const found = await decision({ ...machine, cannotCatch: NO });
    t.is(found.mode, mode);
    t.deepEqual(found.servers, []);
    t.is(found.reasons[0], `The kernel cannot catch questions: ${NO}.`);
    t.true(found.reasons.length > 1);
  });
}

test('a mode that is configured is taken, whatever the host', async (t) => {
  for (const configured of ['snoop', 'resolved', 'resolv.conf', 'listen'] as const) {
    const found = await decision({ ...replaceable, configured, cannotCatch: NO });
    t.is(found.mode, configured);
    t.is(found.reasons[0], `Mode ${configured} is configured.`);
  }
});

test('in mode resolv.conf, programs that ask systemd-resolved directly are a gap', async (t) => {
  const { gaps } = await decision({ ...stub, hosts: NSS_RESOLVE, resolved: [router], configured: 'resolv.conf' });
  t.deepEqual(
    gaps.map(({ code }) => code),
    ['nss-resolve'],
  );
});
