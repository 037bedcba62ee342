/** Everything that makes one running agent; there are no such constants elsewhere. One agent in each network namespace. */
import { randomBytes, randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatIpv4, type Ipv4Address, ipv4 } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6, ipv6FromOctets } from '../mapper/address/ipv6.ts';
import {
  formatIpv4Prefix,
  formatIpv6Prefix,
  type Ipv4Prefix,
  type Ipv6Prefix,
  ipv6Prefix,
  parseIpv6Prefix,
} from '../mapper/address/prefix.ts';
import { chooseRange, DEFAULT_SELVES, DEFAULT_SPOOLS, isFree, rangesInOrder } from '../mapper/range.ts';
import type { Config } from './config/config.ts';
import { keepSmallFile, readSmallFile } from './small-file.ts';

export interface Instance {
  /** The TUN device. */
  readonly device: string;
  readonly queues: number;
  /** The name of our nft tables. */
  readonly table: string;
  /** Sockets of our own carry this mark: one bit, clear of those of Tailscale, Kubernetes, Calico and wg-quick. */
  readonly mark: number;
  readonly markMask: number;
  /** The conntrack zone of caught questions, another one each time: what was caught before went to ports that are gone. */
  readonly zone: number;
  readonly spool: Ipv4Prefix;
  readonly self: Ipv4Prefix;
  /** The prefix that stands for this host's IPv4 addresses on the IPv6 leg (RFC 4193), a /96. */
  readonly ula: Ipv6Prefix;
}

const OUR_MARK = 0x1000_0000;
/** Conntrack zones to draw from: so many from the first on. Others take small numbers. */
const FIRST_ZONE = 0x4000;
const ZONES = 0x8000;
/** Each queue costs 30 MB and a thread that may be busy: more of them than a workstation's flows fill. */
const MOST_QUEUES = 4;

/**
 * The agent as its configuration and the addresses in use make it. `kept` is the range that the spool was in last: it comes
 * first, so that the mappings that were kept are of the spool. The configuration's explicit mappings are in use as well.
 * Throws when no range is free (M3).
 */
export function createInstance(
  config: Config,
  ula: Ipv6Prefix,
  taken: readonly Ipv4Prefix[],
  kept?: Ipv4Prefix,
  processors = availableParallelism(),
): Instance {
  const { explicit, spool: asked, self: askedSelf } = config.mapper;
  const inUse = [...taken, ...explicit.map(({ ipv4: prefix }) => prefix)];
  const spool = kept !== undefined && isFree(kept, inUse) ? kept : freeRange('spool', asked, DEFAULT_SPOOLS, inUse);
  const self = freeRange('self', askedSelf, DEFAULT_SELVES, [...inUse, spool]);
  return {
    device: config.device.name,
    queues: config.device.queues === 0 ? Math.min(processors, MOST_QUEUES) : config.device.queues,
    table: 'bis',
    mark: OUR_MARK,
    markMask: OUR_MARK,
    zone: FIRST_ZONE + randomInt(ZONES),
    spool,
    self,
    ula,
  };
}

/** The configured range, or, when addresses of it are in use, the first that is free (RFC 6535 §4.4, M3). */
function freeRange(
  name: string,
  configured: Ipv4Prefix,
  defaults: readonly string[],
  taken: readonly Ipv4Prefix[],
): Ipv4Prefix {
  const range = chooseRange(rangesInOrder(configured, defaults), taken);
  if (range !== undefined) return range;
  const what = `${formatIpv4Prefix(configured)} or any private range of that length`;
  throw new Error(`Cannot use ${what} as ${name} range: addresses of it are in use on this host`);
}

/** The address on the device that programs send from when they are not bound: the first of the self range. */
export function selfAddress(instance: Instance): string {
  return formatIpv4(ipv4(instance.self.address + 1));
}

/** The same address on the IPv6 leg, where packets for programs that are not bound are sent. */
export function selfAddress6({ self, ula }: Pick<Instance, 'self' | 'ula'>): Ipv6Address {
  const { w0, w1, w2 } = ula.address;
  return ipv6(w0, w1, w2, self.address + 1);
}

/** The IPv4 source of errors from routers without a mapping (RFC 6791): the spool's first address, never handed out. */
export function errorSource4(instance: Instance): Ipv4Address {
  return instance.spool.address;
}

/** Where the self prefix is kept, in the state directory. */
const SELF_PREFIX_FILE = 'self-prefix';

/**
 * The self prefix of this host: drawn once and kept in the state directory, so that connections survive a restart. A
 * file that cannot be read back is replaced; a directory that cannot be written gives a prefix for this run only.
 */
export function selfPrefix(
  stateDirectory: string,
  random: (octets: number) => Uint8Array = randomBytes,
): { prefix: Ipv6Prefix; problem?: Error } {
  const file = join(stateDirectory, SELF_PREFIX_FILE);
  const kept = keptSelfPrefix(stateDirectory);
  if (kept !== undefined) return { prefix: kept };
  const prefix = drawSelfPrefix(random);
  try {
    keepSmallFile(file, formatIpv6Prefix(prefix));
    return { prefix };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : error;
    return { prefix, problem: new Error(`Cannot keep the self prefix in ${file}`, { cause }) };
  }
}

/** The self prefix that was kept, or `undefined` at the first start and where the file cannot be read. */
export function keptSelfPrefix(stateDirectory: string): Ipv6Prefix | undefined {
  try {
    const kept = parseIpv6Prefix(readSmallFile(join(stateDirectory, SELF_PREFIX_FILE)).trim());
    return kept?.length === 96 && kept.address.w0 >>> 24 === 0xfd ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** A self prefix by chance (RFC 4193 §3.2): fd, 40 random bits of Global ID, a Subnet ID, and 32 bits of ours that are 0. */
export function drawSelfPrefix(random: (octets: number) => Uint8Array = randomBytes): Ipv6Prefix {
  const octets = new Uint8Array(16);
  octets.set(random(7), 1);
  octets[0] = 0xfd;
  return ipv6Prefix(ipv6FromOctets(octets), 96);
}
