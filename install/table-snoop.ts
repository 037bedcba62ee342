/**
 * Catching questions on their way out: the part of the table that sends what programs ask a DNS server to our resolver
 * instead, and nobody else to it (D5, S14).
 */
import { isAtLeast } from './kernel-release.ts';
import { addElements, replaceElements } from './nft-set.ts';
import {
  addressWord,
  cgroupPath,
  type Family,
  families,
  familyOf,
  interfaceName,
  listenAddress,
  numberWord,
  portWord,
  tableIn,
} from './nft-word.ts';
import { endings } from './table-snoop-chains.ts';

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

/** Commands for what is of IPv4, and then for what is of IPv6; `named` gives the family's set of a name. */
function inFamilies<T>(
  settings: { readonly table: string },
  all: readonly T[],
  family: (each: T) => Family,
  commands: (own: readonly T[], named: (set: string) => string) => string,
): string {
  return families
    .map((each) => {
      const own = all.filter((one) => family(one) === each);
      return commands(own, (set) => `${tableIn(each, settings)} ${set}${endings[each]}`);
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
  const timeout = numberWord(timeoutSeconds, 1, 3600, 'a timeout');
  return inFamilies(settings, pairs, pairFamily, (own, named) => {
    const target = ({ address, port }: SnoopPair): string => `${listenAddress(address)} . ${portWord(port)}`;
    const asked = own.map((pair) => `${key(pair)} timeout ${timeout}s`);
    const servers = own.map((pair) => `${key(pair)} : ${target(pair)}`);
    return replaceElements('map', named('servers'), servers) + replaceElements('set', named('asked'), asked);
  });
}

/** Whether a kernel gives an element that is there another lifetime when it is added again, by its release: Linux 6.12 and later. */
export function canRenewElements(release: string): boolean {
  return isAtLeast(release, 6, 12);
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
  const timeout = numberWord(timeoutSeconds, 1, 3600, 'a timeout');
  return inFamilies(settings, pairs, pairFamily, (own, named) => {
    const elements = own.map((pair) => `${key(pair)} timeout ${timeout}s expires ${timeout}s`);
    return addElements(named('asked'), elements);
  });
}

/**
 * The commands after which questions of exactly these programs pass. The kernel refuses them all when a control group is
 * not there.
 */
export function passCommands(settings: { readonly table: string }, { uids, cgroups }: Passing): string {
  const users = uids.map((uid) => `meta skuid ${numberWord(uid, 0, 0xfffffffe, 'a user')}`);
  const groups = cgroups.map((path) => `socket cgroupv2 level ${path.split('/').length} ${cgroupPath(path)}`);
  return families
    .map((family) => {
      const chain = `${tableIn(family, settings)} pass`;
      const rules = [...users, ...groups].map((match) => `add rule ${chain} ${match} accept\n`);
      return `flush chain ${chain}\n${rules.join('')}`;
    })
    .join('');
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
  const family = ({ address }: Listener): Family => familyOf(address);
  return inFamilies(settings, listeners, family, (own, named) => {
    const elements = own.map(({ address, port }) => `${listenAddress(address)} . ${portWord(port)}`);
    return replaceElements('set', named('ports'), elements);
  });
}
