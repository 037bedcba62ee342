/**
 * What the kernel tells of routers beside their routes (rtnetlink(7)): which of them announced which prefix (RFC 4861
 * §4.6.2), which prefix a NAT64 translates (RFC 8781), and which do not answer any more (Neighbor Unreachability Detection, §7.3).
 */
import { formatIpv6, ipv6FromOctets } from '../../mapper/address/ipv6.ts';
import { formatIpv6Prefix, type Ipv6Prefix, ipv6Prefix } from '../../mapper/address/prefix.ts';
import { NetlinkEar } from './netlink.ts';

/** A prefix that a router has announced. */
export interface Advertisement {
  /** The kernel's number of the interface. */
  readonly index: number;
  readonly router: string;
  readonly prefix: Ipv6Prefix;
}

/** What is known of routers. */
export interface RouterKnowledge {
  readonly advertised: readonly Advertisement[];
  /** Whether a router has not answered when it was looked for, and not been heard since. */
  isSilent(index: number, router: string): boolean;
}

/** From linux/netlink.h and linux/rtnetlink.h; the second group is number 20. */
const NETLINK_ROUTE = 0;
const group = { NEIGHBOURS: 0x4, ND_OPTIONS: 1 << 19 } as const;
const message = { NEW_NEIGHBOUR: 28, GET_NEIGHBOURS: 30, ND_OPTIONS: 68 } as const;
const AF_INET6 = 10;
/** `struct ndmsg`, its states (linux/neighbour.h), and the attribute that is the neighbour's address. */
const NDMSG = { SIZE: 12, FAMILY: 0, INDEX: 4, STATE: 8 } as const;
const state = { FAILED: 0x20, VALID: 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80 } as const;
const NDA_DST = 1;
/** `struct nduseroptmsg`, behind which are options as they came, then attributes: who sent them. */
const NDUSEROPTMSG = { SIZE: 16, FAMILY: 0, LENGTH: 2, INDEX: 4, ICMP_TYPE: 8 } as const;
const NDUSEROPT_SRCADDR = 1;
const ROUTER_ADVERTISEMENT = 134;
/** The option with a prefix: lengths in units of 8 octets (RFC 4861 §4.6.2). */
const PREFIX_INFORMATION = { TYPE: 3, UNITS: 4, PREFIX_LENGTH: 2, VALID_LIFETIME: 4, PREFIX: 16 } as const;
/** The option with the prefix of a NAT64: its lifetime in units of 8 s with the code of its length, and 96 bits (RFC 8781 §4). */
const PREF64 = { TYPE: 38, UNITS: 2, LIFETIME_AND_CODE: 2, PREFIX: 4, OCTETS: 12 } as const;
const PREF64_LENGTHS: readonly number[] = [96, 64, 56, 48, 40, 32];
const ATTRIBUTE_HEADER = 4;

/** As many of each are remembered; more than any network has, and all that a hostile one can make us keep. */
const MOST = 512;
const MOST_PREF64 = 16;

export class RouterNews implements RouterKnowledge {
  readonly #ear: NetlinkEar;
  readonly #advertised = new Map<string, Advertisement>();
  readonly #silent = new Map<string, true>();
  readonly #pref64 = new Map<string, { readonly prefix: Ipv6Prefix; readonly until: number }>();
  readonly #now: () => number;
  /** Whose silence matters: other neighbours come and go. */
  #watched: ReadonlySet<string> = new Set();
  /** Whether messages were lost. */
  #isToList = false;

  /** Listens from now on, and knows who is silent already. Throws when the kernel refuses. `now` is in ms and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    const groups = group.NEIGHBOURS | group.ND_OPTIONS;
    this.#ear = new NetlinkEar(
      NETLINK_ROUTE,
      groups,
      (type, payload) => this.take(type, payload),
      () => {
        this.#isToList = true;
        return false;
      },
    );
    try {
      this.#list();
      this.#ear.heard();
    } catch (error) {
      this.#ear.close();
      throw error;
    }
  }

  get advertised(): readonly Advertisement[] {
    return [...this.#advertised.values()];
  }

  /** Prefixes whose addresses a NAT64 of this network makes, as long as that was announced for. */
  get pref64(): readonly Ipv6Prefix[] {
    const now = this.#now();
    return [...this.#pref64.values()].filter(({ until }) => until > now).map(({ prefix }) => prefix);
  }

  isSilent(index: number, router: string): boolean {
    return this.#silent.has(keyOf(index, router));
  }

  /** Says whose silence is news from now on. */
  watch(routers: readonly { readonly index: number; readonly router: string }[]): void {
    this.#watched = new Set(routers.map(({ index, router }) => keyOf(index, router)));
  }

  /**
   * Whether there was news since the last call. Takes a few microseconds. A neighbour can make the kernel announce more than
   * is read in time: that alone is no news, and what was missed is listed.
   */
  heard(): boolean {
    try {
      if (this.#isToList) this.#list();
    } catch {
      // The kernel is busy: at the next call.
      this.#isToList = true;
    }
    return this.#ear.heard();
  }

  /** Has the kernel list all neighbours. */
  #list(): void {
    this.#isToList = false;
    const everyone = new Uint8Array(NDMSG.SIZE);
    everyone[NDMSG.FAMILY] = AF_INET6;
    this.#ear.list(message.GET_NEIGHBOURS, everyone);
  }

  close(): void {
    this.#ear.close();
  }

  /** Learns from one message of the kernel; whether that is news. What is too short says nothing. */
  take(type: number, payload: DataView): boolean {
    if (type === message.NEW_NEIGHBOUR) return this.#takeNeighbour(payload);
    return type === message.ND_OPTIONS && this.#takeOptions(payload);
  }

  #takeNeighbour(payload: DataView): boolean {
    if (payload.byteLength < NDMSG.SIZE || payload.getUint8(NDMSG.FAMILY) !== AF_INET6) return false;
    const address = addressAttribute(payload, NDMSG.SIZE, NDA_DST);
    if (address === undefined) return false;
    const key = keyOf(payload.getInt32(NDMSG.INDEX, true), address);
    const is = payload.getUint16(NDMSG.STATE, true);
    const wasSilent = this.#silent.has(key);
    // While it is looked for again it stays what it was.
    if (is & state.FAILED) remember(this.#silent, key, true, MOST, this.#watched);
    else if (is & state.VALID) this.#silent.delete(key);
    return this.#watched.has(key) && this.#silent.has(key) !== wasSilent;
  }

  #takeOptions(payload: DataView): boolean {
    if (payload.byteLength < NDUSEROPTMSG.SIZE || payload.getUint8(NDUSEROPTMSG.FAMILY) !== AF_INET6) return false;
    if (payload.getUint8(NDUSEROPTMSG.ICMP_TYPE) !== ROUTER_ADVERTISEMENT) return false;
    const end = NDUSEROPTMSG.SIZE + payload.getUint16(NDUSEROPTMSG.LENGTH, true);
    const router = addressAttribute(payload, aligned(end), NDUSEROPT_SRCADDR);
    if (router === undefined) return false;
    const index = payload.getInt32(NDUSEROPTMSG.INDEX, true);
    let isNew = false;
    for (let at = NDUSEROPTMSG.SIZE; at + 2 <= end; ) {
      const units = payload.getUint8(at + 1);
      if (units === 0 || at + 8 * units > end) break;
      const isPrefix = payload.getUint8(at) === PREFIX_INFORMATION.TYPE && units === PREFIX_INFORMATION.UNITS;
      if (isPrefix) isNew = this.#takePrefix(index, router, payload, at) || isNew;
      // No news: answers are looked at as they come.
      if (payload.getUint8(at) === PREF64.TYPE && units === PREF64.UNITS) this.#takePref64(index, router, payload, at);
      at += 8 * units;
    }
    return isNew;
  }

  #takePrefix(index: number, router: string, payload: DataView, at: number): boolean {
    const length = payload.getUint8(at + PREFIX_INFORMATION.PREFIX_LENGTH);
    if (length > 128) return false;
    const octets = new Uint8Array(payload.buffer, payload.byteOffset + at + PREFIX_INFORMATION.PREFIX, 16);
    const prefix = ipv6Prefix(ipv6FromOctets(octets), length);
    const key = `${keyOf(index, router)} ${formatIpv6Prefix(prefix)}`;
    if (payload.getUint32(at + PREFIX_INFORMATION.VALID_LIFETIME) === 0) return this.#advertised.delete(key);
    const isNew = !this.#advertised.has(key);
    if (isNew) remember(this.#advertised, key, { index, router, prefix });
    return isNew;
  }

  #takePref64(index: number, router: string, payload: DataView, at: number): void {
    const word = payload.getUint16(at + PREF64.LIFETIME_AND_CODE);
    const length = PREF64_LENGTHS[word & 7];
    if (length === undefined) return;
    const octets = new Uint8Array(16);
    octets.set(new Uint8Array(payload.buffer, payload.byteOffset + at + PREF64.PREFIX, PREF64.OCTETS));
    const prefix = ipv6Prefix(ipv6FromOctets(octets), length);
    const key = `${keyOf(index, router)} ${formatIpv6Prefix(prefix)}`;
    const seconds = (word >>> 3) * 8;
    this.#pref64.delete(key);
    if (seconds > 0) remember(this.#pref64, key, { prefix, until: this.#now() + seconds * 1000 }, MOST_PREF64);
  }
}

function keyOf(index: number, router: string): string {
  return `${index} ${router}`;
}

/** Adds to what is remembered; the oldest that is not to be kept goes when there are more than `most`. */
function remember<T>(
  all: Map<string, T>,
  key: string,
  value: T,
  most: number = MOST,
  kept: ReadonlySet<string> = new Set(),
): void {
  all.set(key, value);
  if (all.size <= most) return;
  const oldest = all.keys().find((each) => !kept.has(each));
  if (oldest !== undefined) all.delete(oldest);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** The IPv6 address that an attribute of this type has, of those from `at` on. */
function addressAttribute(payload: DataView, from: number, type: number): string | undefined {
  for (let at = from; at + ATTRIBUTE_HEADER <= payload.byteLength; ) {
    const length = payload.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER || at + length > payload.byteLength) return undefined;
    if (payload.getUint16(at + 2, true) === type && length === ATTRIBUTE_HEADER + 16) {
      return formatIpv6(ipv6FromOctets(new Uint8Array(payload.buffer, payload.byteOffset + at + ATTRIBUTE_HEADER, 16)));
    }
    at += aligned(length);
  }
  return undefined;
}
