/**
 * The rules of `bis` as the text of nft tables: guards (S1, S8a), the IPv6 leg, and the resolver's own (D5). The tables
 * have `flags owner` (nft(8)): they go with the process. What is in which chain, and why, is in README.md.
 */
import { dedicatedRefusal, dedicatedSet } from './dedicated.ts';
import { CommandError, type Host } from './host.ts';
import { replaceSet } from './nft-set.ts';
import { addressWord, interfaceName, markWord, numberWord, prefixWord, tableName } from './nft-word.ts';
import { exposedSets, recipientForward } from './table-recipient.ts';
import { snoopChains } from './table-snoop.ts';

/** What the rules are made of. All text comes from outside and is checked before it enters a command. */
export interface TableSettings {
  /** The name of the tables: `bis`. */
  readonly table: string;
  /** The TUN device: `bis0`. */
  readonly device: string;
  /** The IPv4 addresses handed out: `10.170.160.0/20`. */
  readonly spool: string;
  /** The IPv4 addresses or prefixes that are ours alone, on the device: `['172.21.112.1']`. */
  readonly self: readonly string[];
  /** The IPv6 prefix of translated sources, a /96 (RFC 4193): `fd12:3456:789a::/96`. */
  readonly ula: string;
  /** The address of that prefix at which programs of this host are reached: `fd12:3456:789a::ac15:7001`. */
  readonly self6: string;
  /** Sockets of our own are those with `(mark & markMask) == mark`: their questions are not caught. */
  readonly mark: number;
  readonly markMask: number;
  /** The conntrack zone of caught questions: 1 to 65535, and nobody else's. */
  readonly zone: number;
  /** Whether there are addresses that only translated packets have (`dedicated.ts`). */
  readonly dedicated?: boolean;
  /** Whether questions are caught; `false` leaves out the chains that do it, which need more of the kernel than the rest. */
  readonly catches?: boolean;
}

/** How long a translated UDP flow may be silent, in seconds: RFC 4787 REQ-5 recommends five minutes. */
const UDP_TIMEOUT_SECONDS = 300;

/** What would come back to us is refused: nobody waits for what goes round. nft says nothing about an ICMP error. */
const LOOP = 'reject with icmpx type admin-prohibited';

/**
 * A TUN device takes packets addressed by whoever is on the link, and conntrack's INVALID passes every NAT. Every packet
 * walks these chains on both sides of the bump, and what they cost is what short connections feel most (docs/bench/README.md).
 * So each begins with what lets nearly all packets pass; a name is compared with names rather than looked up in a set, and
 * only of packets whose addresses are ours where that says enough.
 */
function chains(settings: TableSettings): string {
  const device = interfaceName(settings.device);
  const ula = prefixWord('ip6', settings.ula);
  return `
  chain guard {
    type filter hook prerouting priority -310; policy accept;
    iifname ${device} return
    ip6 saddr ${ula} iifname != "lo" counter drop
    ip6 daddr ${ula} iifname != "lo" counter drop
    ip saddr @own4 iifname != "lo" counter drop
    ip daddr @own4 iifname @guests counter reject with icmp type host-unreachable
    ip daddr @own4 iifname != "lo" counter drop
  }

  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname ${device} oifname != ${device} ip6 saddr ${ula} ct state { established, related } accept
    oifname ${device} iifname != ${device} meta nfproto ipv6 ct state { established, related } ct direction reply accept
    iifname ${device} oifname ${device} counter ${LOOP}
    iifname ${device} meta nfproto != ipv6 counter drop
    iifname ${device} ip6 saddr != ${ula} counter drop
    iifname ${device} ct state { invalid, untracked } counter drop
    iifname ${device} meta l4proto udp ct timeout set "udp6"
    iifname ${device} accept
    oifname ${device} meta nfproto ipv6 ct state related accept
${recipientForward(device, addressWord(settings.self6))}    oifname ${device} counter drop
    iifname @forced meta nfproto ipv6 counter drop
  }

  chain input {
    type filter hook input priority -10; policy accept;
    iifname ${device} meta nfproto ipv6 counter ${LOOP}
${settings.dedicated === true ? dedicatedRefusal() : ''}  }

  chain sources {
  }

  chain uplink {
    type nat hook postrouting priority 110; policy accept;
    ip6 saddr ${ula} oifname != ${device} jump sources
    ip6 saddr ${ula} oifname != ${device} masquerade
    meta mark & ${markWord(settings.markMask)} == ${markWord(settings.mark)} ip6 saddr @detached jump sources
  }

${leakChain(settings)}`;
}

/** The chain behind all NAT in which nothing of ours leaves by another way than the device (S8a). */
export function leakChain(settings: Pick<TableSettings, 'device' | 'ula'>): string {
  const ula = prefixWord('ip6', settings.ula);
  return `  chain leak {
    type filter hook postrouting priority 150; policy accept;
    oifname ${interfaceName(settings.device)} return
    ip6 saddr ${ula} oifname != "lo" counter drop
    ip6 daddr ${ula} oifname != "lo" counter drop
    ip saddr @own4 oifname != "lo" counter drop
    ip daddr @own4 oifname != "lo" counter drop
  }
`;
}

/** The IPv4 addresses that are ours, as a set; the self address may be inside the spool. */
export function own4Set({ spool, self }: Pick<TableSettings, 'spool' | 'self'>): string {
  const elements = [spool, ...self].map((text) => prefixWord('ip', text)).join(', ');
  return `  set own4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { ${elements} }
  }
`;
}

/**
 * The commands that make the table `inet NAME`: the first to run and the last to go. They fail when there is a table
 * of that name already, whoever made it.
 */
export function tableCommands(settings: TableSettings): string {
  const table = tableName(settings.table);
  const timeout = numberWord(UDP_TIMEOUT_SECONDS, 1, 86_400, 'a timeout');
  // `create` refuses a table that is there; the flag is said twice because the second mention would take it away.
  return `create table inet ${table} { flags owner; }
table inet ${table} {
  flags owner

  ct timeout udp6 {
    protocol udp
    l3proto ip6
    policy = { unreplied : ${timeout}, replied : ${timeout} }
  }

${own4Set(settings)}
  set forced {
    type ifname
  }

  set guests {
    type ifname
  }

  set detached {
    type ipv6_addr
    flags interval
    auto-merge
  }

${settings.dedicated === true ? dedicatedSet() : ''}${exposedSets().trimEnd()}
${chains(settings)}${settings.catches === false ? '' : snoop(settings)}}
`;
}

function snoop({ mark, markMask, zone }: Pick<TableSettings, 'mark' | 'markMask' | 'zone'>): string {
  return snoopChains(markWord(mark), markWord(markMask), numberWord(zone, 1, 0xffff, 'a zone'));
}

/**
 * Why this kernel cannot catch questions, in its own words; `undefined` when it can. Nothing is changed: the chains are
 * only checked.
 */
export async function whyNotCatch(host: Host, settings: TableSettings): Promise<string | undefined> {
  const text = `table inet ${tableName(`${settings.table}_check`)} {${snoop(settings)}}`;
  try {
    await host.run(['nft', '--check', text]);
    return undefined;
  } catch (error) {
    const words = error instanceof CommandError && error.stderr !== '' ? error.stderr : String(error);
    return words.split('\n')[0] ?? words;
  }
}

/**
 * The commands after which exactly these prefixes and the self addresses are ours, in one transaction: ranges of the spool
 * come and go (M3). `families` says which of our tables there are.
 */
export function ownCommands(
  settings: TableSettings,
  prefixes: readonly string[],
  families: readonly ('inet' | 'arp')[],
): string {
  const elements = [...prefixes, ...settings.self].map((text) => prefixWord('ip', text));
  return families.map((family) => replaceSet(`${family} ${tableName(settings.table)} own4`, elements)).join('');
}

/**
 * The commands that make the table `arp NAME`: no ARP reply tells a neighbour that the spool or the self address is
 * here (S1), and none is asked for in their name (S8a). They fail on kernels without ARP tables (CONFIG_NF_TABLES_ARP).
 */
export function arpTableCommands(settings: TableSettings): string {
  const table = tableName(settings.table);
  return `create table arp ${table} { flags owner; }
table arp ${table} {
  flags owner

${own4Set(settings)}
  chain guard {
    type filter hook input priority 0; policy accept;
    arp daddr ip @own4 counter drop
  }

  chain leak {
    type filter hook output priority 0; policy accept;
    arp saddr ip @own4 counter drop
  }
}
`;
}

/** Replaces the content of a set of interface names. */
function replaceInterfaces(settings: TableSettings, set: 'forced' | 'guests', interfaces: readonly string[]): string {
  return replaceSet(`inet ${tableName(settings.table)} ${set}`, interfaces.map(interfaceName));
}

/**
 * The commands after which IPv6 packets that arrive on exactly these interfaces are forwarded to the device and nowhere
 * else: those that forward only because of us. None, when somebody else has made the host a router.
 */
export function forcedCommands(settings: TableSettings, interfaces: readonly string[]): string {
  return replaceInterfaces(settings, 'forced', interfaces);
}

/**
 * The commands after which exactly these interfaces, behind which are containers and virtual machines of this host, are
 * told that spool addresses cannot be reached (S1); everybody else hears nothing.
 */
export function guestsCommands(settings: TableSettings, interfaces: readonly string[]): string {
  return replaceInterfaces(settings, 'guests', interfaces);
}
