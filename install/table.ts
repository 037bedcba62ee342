/**
 * The rules of `bis` as the text of nft tables: guards (S1, S8a), the IPv6 leg, and the resolver's own (D5). The tables
 * have `flags owner` (nft(8)): they go with the process. What is in which chain, and why, is in README.md.
 */
import { CommandError, type Host } from './host.ts';
import { replaceSet } from './nft-set.ts';
import { type Family, families, guardIn, interfaceName, prefixWord, tableIn, tableName } from './nft-word.ts';
import { content4, content6, own4Set } from './table-content.ts';
import { snoopChainTexts, snoopSets } from './table-snoop-chains.ts';

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
  /**
   * Whether the kernel keeps tables of the dead (`nft-kept.ts`): then what outlives us is in such tables only, and otherwise twice,
   * in ours and in the guard's.
   */
  readonly keeps?: boolean;
  /** Whether questions are caught; `false` leaves out the chains that do it, which need more of the kernel than the rest. */
  readonly catches?: boolean;
}

/**
 * The commands that make the tables `ip NAME` and `ip6 NAME`: the first to run and the last to go. They fail when there is
 * one of that name already, whoever made it.
 */
export function tableCommands(settings: TableSettings): string {
  const contents = { ip: content4, ip6: content6 };
  // `create` refuses a table that is there; the flag is said twice because the second mention would take it away.
  return families
    .map((family) => {
      const table = tableIn(family, settings);
      const catching = settings.catches === false ? '' : snoop(family, settings);
      return `create table ${table} { flags owner; }
table ${table} {
  flags owner

${contents[family](settings)}${catching}}
`;
    })
    .join('');
}

/** What catches questions: of IPv4, only what its chains need, which are there while somebody is caught (`snoop4Commands`). */
function snoop(family: Family, settings: TableSettings): string {
  return snoopSets(family) + (family === 'ip' ? '' : snoopChainTexts(family, settings, true));
}

/**
 * Why this kernel cannot catch questions, in its own words; `undefined` when it can. Nothing is changed: the chains are
 * only checked.
 */
export async function whyNotCatch(host: Host, settings: TableSettings): Promise<string | undefined> {
  const check = { ...settings, table: `${settings.table}_check` };
  const tables = families.map((family) => {
    return `table ${tableIn(family, check)} {${snoopSets(family)}${snoopChainTexts(family, settings, false)}}`;
  });
  try {
    await host.run(['nft', '--check', tables.join('\n')]);
    return undefined;
  } catch (error) {
    const words = error instanceof CommandError && error.stderr !== '' ? error.stderr : String(error);
    return words.split('\n')[0] ?? words;
  }
}

/**
 * The commands after which exactly these prefixes and the self addresses are ours, in all tables of ours that ask for that, in one
 * transaction: ranges of the spool come and go (M3). `hasArp` says whether there is the table of ARP.
 */
export function ownCommands(
  settings: Pick<TableSettings, 'table' | 'self' | 'keeps'>,
  prefixes: readonly string[],
  hasArp: boolean,
): string {
  const elements = [...prefixes, ...settings.self].map((text) => prefixWord('ip', text));
  const tables = [
    tableIn('ip', settings),
    ...(hasArp ? [`arp ${tableName(settings.table)}`] : []),
    ...(settings.keeps === true ? [guardIn('ip', settings)] : []),
  ];
  return tables.map((table) => replaceSet(`${table} own4`, elements)).join('');
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

/**
 * The commands after which IPv6 packets that arrive on exactly these interfaces are forwarded to the device and nowhere
 * else: those that forward only because of us. None, when somebody else has made the host a router. The guard knows them as well,
 * or alone.
 */
export function forcedCommands(settings: TableSettings, interfaces: readonly string[]): string {
  return settings.keeps === true ? '' : replaceSet(`${tableIn('ip6', settings)} forced`, interfaces.map(interfaceName));
}

/**
 * The commands after which exactly these interfaces, behind which are containers and virtual machines of this host, are
 * told that spool addresses cannot be reached (S1); everybody else hears nothing.
 */
export function guestsCommands(settings: TableSettings, interfaces: readonly string[]): string {
  return replaceSet(`${tableIn('ip', settings)} guests`, interfaces.map(interfaceName));
}
