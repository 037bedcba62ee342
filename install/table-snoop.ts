/**
 * Catching questions on their way out: the part of the table that sends what programs ask a DNS server to our resolver
 * instead, and nobody else to it (D5, S14).
 */
import { addElements, replaceElements } from './nft-set.ts';
import {
  addressWord,
  cgroupPath,
  type Family,
  familyOf,
  interfaceName,
  listenAddress,
  type NftWord,
  numberWord,
  portWord,
  tableName,
} from './nft-word.ts';

/** Questions to `server` through `device` go to `address`, which is ours on that device, and `port`, which is for this pair. */
export interface SnoopPair {
  readonly device: string;
  /** An address without zone; a link-local one is told apart by `device`. */
  readonly server: string;
  readonly address: string;
  readonly port: number;
}

/** Programs whose questions pass untouched. */
export interface Passing {
  /** Users, by number. */
  readonly uids: readonly number[];
  /** Control groups, below the root of their hierarchy, without a slash at the front. */
  readonly cgroups: readonly string[];
}

/** Where our resolver listens. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** DNS over UDP and TCP (RFC 1035 §4.2). */
const DNS_PORT = 53;

const families: readonly Family[] = ['ip', 'ip6'];

/** The ending of set names: `asked4`, `asked6`. */
const endings = { ip: '4', ip6: '6' } as const;

/**
 * Sets and chains for catching. The set `asked` alone decides, packet by packet, because its elements carry the
 * timeout: what is in it gets a conntrack zone of its own, and only that zone is NATed. So a socket that was used before
 * is caught, and one that was caught goes its native way as soon as the element or the table is gone, whatever
 * conntrack remembers. Zoning every question instead would leave un-NATed entries in the zone, in the way of the native
 * flow's replies.
 */
export function snoopChains(mark: NftWord, markMask: NftWord, zone: NftWord): string {
  return `
  set asked4 {
    type ifname . ipv4_addr
    flags timeout
  }

  set asked6 {
    type ifname . ipv6_addr
    flags timeout
  }

  map servers4 {
    type ifname . ipv4_addr : ipv4_addr . inet_service
  }

  map servers6 {
    type ifname . ipv6_addr : ipv6_addr . inet_service
  }

  set ports4 {
    type ipv4_addr . inet_service
  }

  set ports6 {
    type ipv6_addr . inet_service
  }

  chain pass {
  }

  chain caught {
    type filter hook output priority -300; policy accept;
    th dport != ${DNS_PORT} return
    meta mark & ${markMask} == ${mark} return
    jump pass
    meta l4proto { tcp, udp } th dport ${DNS_PORT} oifname . ip daddr @asked4 ct original zone set ${zone}
    meta l4proto { tcp, udp } th dport ${DNS_PORT} oifname . ip6 daddr @asked6 ct original zone set ${zone}
  }

  chain snoop {
    type nat hook output priority -110; policy accept;
    ct original zone != ${zone} return
    meta l4proto { tcp, udp } dnat ip to oifname . ip daddr map @servers4
    meta l4proto { tcp, udp } dnat ip6 to oifname . ip6 daddr map @servers6
  }

  chain input {
    ct direction reply return
    iifname "lo" return
    meta l4proto { tcp, udp } ip daddr . th dport @ports4 counter drop
    meta l4proto { tcp, udp } ip6 daddr . th dport @ports6 counter drop
  }
`;
}

/** Commands for what is of IPv4, and then for what is of IPv6; `ending` is how the names of the family's sets end. */
function inFamilies<T>(
  all: readonly T[],
  family: (each: T) => Family,
  commands: (own: readonly T[], ending: string) => string,
): string {
  return families
    .map((each) => {
      const own = all.filter((one) => family(one) === each);
      return commands(own, endings[each]);
    })
    .join('');
}

function key({ device, server }: SnoopPair): string {
  return `${interfaceName(device)} . ${addressWord(server)}`;
}

function pairFamily({ server, address }: SnoopPair): Family {
  const family = familyOf(server);
  if (familyOf(address) !== family) throw new Error(`Cannot catch questions to ${server} at ${address}: two families`);
  return family;
}

/**
 * The commands after which questions to exactly these servers are caught, for `timeoutSeconds` (1 to 3600) from now.
 * Run in time again, they renew; a packet in between sees the old content or the new, never none.
 */
export function snoopCommands(
  settings: { readonly table: string },
  pairs: readonly SnoopPair[],
  timeoutSeconds: number,
): string {
  const table = `inet ${tableName(settings.table)}`;
  const timeout = numberWord(timeoutSeconds, 1, 3600, 'a timeout');
  return inFamilies(pairs, pairFamily, (own, ending) => {
    const target = ({ address, port }: SnoopPair): string => `${listenAddress(address)} . ${portWord(port)}`;
    const asked = own.map((pair) => `${key(pair)} timeout ${timeout}s`);
    const servers = own.map((pair) => `${key(pair)} : ${target(pair)}`);
    return (
      replaceElements('map', `${table} servers${ending}`, servers) +
      replaceElements('set', `${table} asked${ending}`, asked)
    );
  });
}

/** Whether a kernel gives an element that is there another lifetime when it is added again, by its release: Linux 6.12 and later. */
export function canRenewElements(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 12);
}

/**
 * The commands after which the questions that `snoopCommands` caught last are caught for another `timeoutSeconds`, on kernels
 * of which `canRenewElements`. A flush has nft ask for all tables first: with it renewing takes eight times as long, 0.13 ms.
 */
export function renewCommands(
  settings: { readonly table: string },
  pairs: readonly SnoopPair[],
  timeoutSeconds: number,
): string {
  const table = `inet ${tableName(settings.table)}`;
  const timeout = numberWord(timeoutSeconds, 1, 3600, 'a timeout');
  return inFamilies(pairs, pairFamily, (own, ending) => {
    const elements = own.map((pair) => `${key(pair)} timeout ${timeout}s expires ${timeout}s`);
    return addElements(`${table} asked${ending}`, elements);
  });
}

/**
 * The commands after which questions of exactly these programs pass. The kernel refuses them all when a control group is
 * not there.
 */
export function passCommands(settings: { readonly table: string }, { uids, cgroups }: Passing): string {
  const chain = `inet ${tableName(settings.table)} pass`;
  const users = uids.map((uid) => `add rule ${chain} meta skuid ${numberWord(uid, 0, 0xfffffffe, 'a user')} accept\n`);
  const groups = cgroups.map((path) => {
    const level = path.split('/').length;
    return `add rule ${chain} socket cgroupv2 level ${level} ${cgroupPath(path)} accept\n`;
  });
  return `flush chain ${chain}\n${[...users, ...groups].join('')}`;
}

/** The commands after which no question is caught, and sockets whose questions were go their native way. */
export function withdrawSnoopCommands(settings: { readonly table: string }): string {
  return snoopCommands(settings, [], 1);
}

/**
 * The commands after which packets to exactly these listeners are dropped unless they came over `lo`, as caught
 * questions do (D5). Run them before the listeners' first question.
 */
export function portsCommands(settings: { readonly table: string }, listeners: readonly Listener[]): string {
  const table = `inet ${tableName(settings.table)}`;
  const family = ({ address }: Listener): Family => familyOf(address);
  return inFamilies(listeners, family, (own, ending) => {
    const elements = own.map(({ address, port }) => `${listenAddress(address)} . ${portWord(port)}`);
    return replaceElements('set', `${table} ports${ending}`, elements);
  });
}
