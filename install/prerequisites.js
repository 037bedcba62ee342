/**
 * What a checkout needs from Debian and from npm, and how it is brought (docs/decisions/0008-services-unpacked.md).
 * Plain JavaScript for Node 20: it runs before the pinned Node is there. The machine is an argument, so tests can be one.
 */
import { machine } from './prerequisites-host.js';

/**
 * Ordinary packages, by the files that show they are there: a command, a shared library, or an absolute path.
 * `runtime` is what the pinned Node is linked with and a bare Debian lacks.
 * Looking for files takes a millisecond where `dpkg-query` takes forty, and is content with a program built by hand.
 */
const runtime = { libatomic1: ['libatomic.so.1'] };
const lab = {
  ...runtime,
  iproute2: ['ip', 'ss'],
  nftables: ['nft'],
  libnftables1: ['libnftables.so.1'],
  procps: ['sysctl'],
  curl: ['curl'],
  'bind9-dnsutils': ['dig'],
  'iputils-ping': ['ping'],
  'ca-certificates': ['/etc/ssl/certs/ca-certificates.crt'],
};
const peers = {
  netbase: ['/etc/protocols'],
  'dnsmasq-base': ['dnsmasq'],
  tcpdump: ['tcpdump'],
  tshark: ['tshark'],
  iperf3: ['iperf3'],
  wget: ['wget'],
  'netcat-openbsd': ['nc.openbsd'],
  'openssh-client': ['ssh', 'ssh-keygen'],
  conntrack: ['conntrack'],
  ethtool: ['ethtool'],
  traceroute: ['traceroute'],
  python3: ['python3'],
  'dbus-daemon': ['dbus-daemon'],
  'dbus-system-bus-common': ['/usr/share/dbus-1/system.conf'],
  'util-linux': ['nsenter', 'unshare'],
  dnsperf: ['dnsperf'],
};

/**
 * Packages that carry a service: installing one would start a server on the developer's machine, so they are unpacked
 * below `.cache/debian/root` and run from there. By the program that is wanted of them.
 */
const servers = {
  unbound: 'usr/sbin/unbound',
  bind9: 'usr/sbin/named',
  'openssh-server': 'usr/sbin/sshd',
  lighttpd: 'usr/sbin/lighttpd',
  vsftpd: 'usr/sbin/vsftpd',
  'systemd-resolved': 'usr/bin/resolvectl',
  'libnss-resolve': `usr/lib/${machine}/libnss_resolve.so.2`,
  systemd: 'usr/bin/busctl',
  nscd: 'usr/sbin/nscd',
  radvd: 'usr/sbin/radvd',
  'network-manager': 'usr/sbin/NetworkManager',
};

/** What each command of package.json needs. */
export const profiles = {
  check: { packages: runtime, services: {} },
  demo: { packages: lab, services: {} },
  test: { packages: { ...lab, ...peers }, services: servers },
  bench: {
    packages: {
      ...lab,
      iperf3: ['iperf3'],
      wrk: ['wrk'],
      python3: ['python3'],
      dnsperf: ['dnsperf'],
      'dnsmasq-base': ['dnsmasq'],
    },
    services: { tayga: 'usr/sbin/tayga', nginx: 'usr/sbin/nginx', unbound: 'usr/sbin/unbound' },
  },
};

/** Brings everything `profile` needs, or throws an Error that says what is missing and the command that brings it. */
export function bring(profile, host) {
  const { packages, services } = profiles[profile];
  const missing = Object.keys(packages).filter((name) => !packages[name].every((file) => host.has(file)));
  const unready = Object.keys(services).filter((name) => !isReady(services[name], host));
  if (missing.length + unready.length > 0) {
    if (host.isRoot) installAll(missing, unready, services, host);
    else fetchOrName(missing, unready, services, host);
  }
  if (!host.hasLockedPackages()) {
    host.say('fetching the packages of package-lock.json (npm ci, about 150 MB)');
    host.installLockedPackages();
  }
}

/** Whether a server can be started: the machine has it already, or it is unpacked and finds its libraries. */
function isReady(program, host) {
  return host.has(program.replace(/.*\//, '')) || host.canStart(program);
}

/** As root: all of it, each apt command once. */
function installAll(missing, unready, services, host) {
  host.say(
    `installing Debian packages: ${[...missing, ...unready.map((name) => `${name} (unpacked only)`)].join(', ')}`,
  );
  host.refreshLists();
  if (missing.length > 0) host.install(missing);
  const libraries = unready.flatMap((name) => host.unpack(name));
  if (libraries.length > 0) host.install([...new Set(libraries)]);
  for (const name of unready) {
    if (!isReady(services[name], host))
      throw new Error(`Cannot start ${services[name]} of the unpacked package ${name}`);
  }
}

/** As a normal user: fetches what needs no privilege, and names the rest. */
function fetchOrName(missing, unready, services, host) {
  const wanted = [...missing];
  const unfetched = [];
  for (const name of unready) {
    try {
      const libraries = host.unpack(name);
      if (!isReady(services[name], host)) wanted.push(...libraries);
    } catch {
      unfetched.push(name);
    }
  }
  if (wanted.length + unfetched.length === 0) return;
  const names = [...new Set(wanted)].join(' ');
  const lines = [];
  if (names !== '') lines.push(`these Debian packages are missing: ${names}`);
  if (unfetched.length > 0) {
    lines.push(
      `cannot fetch ${unfetched.join(', ')} (to be unpacked, not installed): the package lists are missing or stale`,
    );
  }
  lines.push('as root, run', '');
  lines.push(
    `  apt-get update${names === '' ? '' : ` && apt-get install --no-install-recommends ${names}`}`,
    '',
    'and then this again.',
  );
  throw new Error(lines.join('\n'));
}
