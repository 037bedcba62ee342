/**
 * Every key of the configuration, once: what it means, its default as TOML, and what it may be. The example, the
 * defaults and the checks are all read from this list, so none of them can say something else than the others.
 */
import type * as v from 'valibot';
import {
  deviceName,
  endpoint,
  explicitMapping,
  flag,
  listOf,
  oneOf,
  ports,
  prefix,
  program,
  range,
  suffix,
  wholeNumber,
} from './value.ts';

/** One key. `about` is text for `bis config example`; `example` the default as TOML's value. */
export interface Key<Schema extends v.GenericSchema = v.GenericSchema> {
  readonly about: string;
  readonly example: string;
  readonly schema: Schema;
}

function key<Schema extends v.GenericSchema>(example: string, schema: Schema, about: string): Key<Schema> {
  return { about, example, schema };
}

export const keys = {
  mapper: {
    spool: key(
      '"10.170.160.0/20"',
      range,
      'IPv4 addresses that are handed out in the place of IPv6 ones. They are seen only inside this host. Where this host is on a network that has some of them, or has a route to one, another range as long is taken, and `bis status` says so.',
    ),
    self: key(
      '"172.21.112.0/20"',
      range,
      'Where the IPv4 address of the device is taken from. Must not overlap the spool.',
    ),
    explicit: key(
      '[]',
      listOf(explicitMapping),
      'Addresses or prefixes that stand for a peer for ever (RFC 7757): "192.0.2.7 2001:db8::7", "192.0.2.8 host6.example", "198.51.100.0/24 2001:db8:1::/120". Must not overlap the spool.',
    ),
  },
  translator: {
    lowestIpv6Mtu: key(
      '1280',
      wholeNumber(1280, 65535),
      'Packets that may be fragmented are cut so that no IPv6 packet exceeds this, in octets (RFC 7915, section 4).',
    ),
    hideHop: key(
      'false',
      flag,
      'Do not count translation as a hop: true leaves time to live and hop limit as they were.',
    ),
    icmpErrors: key(
      'true',
      flag,
      'Answer packets that are refused with an ICMP error. With false they are only counted.',
    ),
    zeroUdpChecksum: key(
      '"compute"',
      oneOf('compute', 'drop'),
      'An IPv4 UDP packet without a checksum, which IPv6 does not allow: "compute" gives it one, "drop" does not translate it.',
    ),
  },
  resolver: {
    mode: key(
      '"auto"',
      oneOf('auto', 'snoop', 'resolved', 'resolv.conf', 'listen'),
      '"snoop" answers questions on their way to the servers this host uses; no file is changed. "resolved" has systemd-resolved ask bis. "resolv.conf" replaces /etc/resolv.conf for as long as it is up. "listen" only answers at the addresses below; pointing programs there is up to you. "auto" takes the first of these that works here; bis status says which, and why.',
    ),
    listen: key(
      '["127.0.0.1:53", "[::1]:53"]',
      listOf(endpoint),
      'Addresses to answer at, in mode "listen". Without a port it is 53.',
    ),
    upstreams: key(
      '[]',
      listOf(endpoint),
      'Servers to ask, in mode "listen". Without any, those that /etc/resolv.conf names.',
    ),
    serve: key(
      '["127.0.0.0/8", "::1/128"]',
      listOf(prefix),
      'Whose questions are answered, in mode "listen". Nobody else gets an answer.',
    ),
    exceptPrograms: key(
      '[]',
      listOf(program),
      'Programs whose questions pass untouched, in mode "snoop": ["user dnsmasq", "cgroup system.slice/docker.service"]. Those that listen on port 53 for others than this host, such as guests, are found without it.',
    ),
    waitForAMs: key(
      '250',
      wholeNumber(0, 4000),
      'How long to wait for a missing A answer once AAAA records are there, in milliseconds.',
    ),
    ttlCeilingSeconds: key('60', wholeNumber(1, 3600), 'The longest time to live of a synthesized answer, in seconds.'),
    whenNoIpv4: key(
      '"synthesize"',
      oneOf('synthesize', 'passthrough'),
      'Names with both A and AAAA records while this host has no IPv4 route: "synthesize" reaches them over IPv6, "passthrough" leaves their A records as they are.',
    ),
    never: key(
      '[]',
      listOf(suffix),
      'Names never to synthesize for, with all names below them: ["example.com"]. The longest match of both lists counts.',
    ),
    always: key(
      '[]',
      listOf(suffix),
      'Names to synthesize for even if they have A records, with all names below them.',
    ),
    dohCanary: key(
      'false',
      flag,
      'Tell browsers to keep using the DNS of this host: use-application-dns.net does not exist. Browsers set to DNS over HTTPS by hand do not ask.',
    ),
    svcbHints: key(
      '"keep"',
      oneOf('keep', 'strip'),
      'Address hints in SVCB and HTTPS records: "strip" takes them out, so that programs ask for the addresses and do not go round the mapping. "keep" leaves the records as they are.',
    ),
    hosts: key('true', flag, 'Synthesize for names as well that /etc/hosts gives IPv6 addresses and no IPv4 address.'),
    logQuestions: key(
      'false',
      flag,
      'Write a line to the log for every question: its name, and what was answered. The names tell where people go.',
    ),
    cacheEntries: key(
      '4096',
      wholeNumber(0, 100_000),
      'Answers of servers to keep at most, for as long as their times to live allow. 0 keeps none.',
    ),
  },
  recipient: {
    expose: key(
      '[]',
      listOf(ports),
      'Ports at which IPv6 peers may reach IPv4-only programs here: ["tcp/8080", "udp/5000-5010"]. What an IPv6 socket listens to stays native.',
    ),
    unclaimed: key(
      'false',
      flag,
      'Expose every port that no IPv6 socket listens to. Whatever runs here on 0.0.0.0 can then be reached over IPv6.',
    ),
  },
  device: {
    name: key('"bis0"', deviceName, 'Name of the TUN device.'),
    queues: key(
      '0',
      wholeNumber(0, 64),
      'Queues of the device; each has a thread of its own. 0: one for each processor, up to 4.',
    ),
  },
  uplink: {
    source: key(
      '"masquerade"',
      oneOf('masquerade', 'dedicated'),
      'The source of translated packets: "masquerade" is the address that programs of this host have as well. "dedicated" gives each uplink one more address, in every prefix it has, which nobody but translated flows uses: peers see one host for each, and exposed ports are reached there whatever IPv6 socket listens. Where an uplink has no prefix for one, such as a VPN, it is masqueraded.',
    ),
    denyUsers: key(
      '[]',
      listOf(wholeNumber(0, 0xffff_fffe)),
      'Ids of users whose programs may not reach IPv6 peers through bis: [1001]. Firewall rules by user do not see translated packets.',
    ),
    firewall: key(
      '"report"',
      oneOf('report', 'open'),
      'Where a firewall of this host drops translated packets: "report" says which chain does, and the command that opens it. "open" opens it, with rules that have the comment "bis" and are removed again.',
    ),
  },
  log: {
    level: key(
      '"info"',
      oneOf('debug', 'info', 'warn', 'error'),
      'The least important messages that are still printed.',
    ),
  },
} as const;
