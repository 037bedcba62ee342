/**
 * Networks as data: hosts, the links between them, and the commands that make both (design of the lab: `README.md`).
 * Nothing here runs anything, so a topology can be read, printed and tested without being root.
 */

/** One machine of the network: a network namespace with its own `/etc/resolv.conf`. */
export interface HostSpec {
  readonly name: string;
  /** Files that replace those of the machine under `/etc`, by name. A `resolv.conf` without servers is the default. */
  readonly etc?: Readonly<Record<string, string>>;
  /** Routes in the words of `ip route add`: `['default', 'via', '2001:db8:1::2']`. */
  readonly routes?: readonly (readonly string[])[];
  /** `router` forwards packets; `switch` has no addresses, its devices are ports of one bridge. Default: `end`. */
  readonly kind?: 'end' | 'router' | 'switch';
}

/** One end of a cable. */
export interface EndSpec {
  readonly host: string;
  readonly device: string;
  /** Addresses with their prefix lengths: `2001:db8:1::1/64`. */
  readonly addresses?: readonly string[];
}

/** A cable: a pair of veth devices. */
export interface LinkSpec {
  readonly ends: readonly [EndSpec, EndSpec];
  /** In octets; 1500 when not given. */
  readonly mtu?: number;
}

export interface Topology {
  readonly hosts: readonly HostSpec[];
  readonly links: readonly LinkSpec[];
}

/** The bridge inside a `switch`. */
const BRIDGE = 'br0';

/** `ip -6` or `ip -4` by the first word that looks like an address, since `ip` guesses only for some commands. */
function family(words: readonly string[]): '-6' | '-4' {
  return words.some((word) => word.includes(':')) ? '-6' : '-4';
}

function hostCommands(spec: HostSpec, namespace: string): string[][] {
  const settings = [
    // Duplicate address detection takes a second or two during which an address cannot be used (RFC 4862 §5.4).
    'net.ipv6.conf.all.accept_dad=0',
    'net.ipv6.conf.default.accept_dad=0',
    ...(spec.kind === 'router' ? ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'] : []),
  ];
  return [
    ['ip', 'netns', 'add', namespace],
    ['ip', 'netns', 'exec', namespace, 'sysctl', '-q', '-w', ...settings],
    ['ip', '-n', namespace, 'link', 'set', 'lo', 'up'],
    ...(spec.kind === 'switch'
      ? [
          ['ip', '-n', namespace, 'link', 'add', BRIDGE, 'type', 'bridge'],
          ['ip', '-n', namespace, 'link', 'set', BRIDGE, 'up'],
        ]
      : []),
  ];
}

function endCommands(end: EndSpec, spec: HostSpec | undefined, namespace: string, mtu: number): string[][] {
  return [
    ...(end.addresses ?? []).map((address) => ['ip', '-n', namespace, 'addr', 'add', address, 'dev', end.device]),
    ...(spec?.kind === 'switch' ? [['ip', '-n', namespace, 'link', 'set', end.device, 'master', BRIDGE]] : []),
    ['ip', '-n', namespace, 'link', 'set', end.device, 'mtu', String(mtu), 'up'],
  ];
}

/**
 * The commands that make `topology`, in order: namespaces, cables, addresses, routes. Devices are made inside their
 * namespaces, so the machine's own namespace never has them. `namespaceOf` gives the namespace of a host's name.
 */
export function commandsToBuild(topology: Topology, namespaceOf: (host: string) => string): string[][] {
  const specOf = (name: string): HostSpec | undefined => topology.hosts.find((host) => host.name === name);
  const commands = topology.hosts.flatMap((host) => hostCommands(host, namespaceOf(host.name)));
  for (const { ends, mtu = 1500 } of topology.links) {
    const [a, b] = ends;
    const peer = ['peer', 'name', b.device, 'netns', namespaceOf(b.host)];
    commands.push(['ip', '-n', namespaceOf(a.host), 'link', 'add', a.device, 'type', 'veth', ...peer]);
    for (const end of ends) commands.push(...endCommands(end, specOf(end.host), namespaceOf(end.host), mtu));
  }
  for (const host of topology.hosts) {
    for (const route of host.routes ?? []) {
      commands.push(['ip', family(route), '-n', namespaceOf(host.name), 'route', 'add', ...route]);
    }
  }
  return commands;
}
