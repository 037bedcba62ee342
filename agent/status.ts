/** What the agent tells about itself, made from what it is: the JSON of `bis status` and `bis mappings`. */
import { readFileSync } from 'node:fs';
import { formatIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6 } from '../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../mapper/address/prefix.ts';
import type { AddressMapper } from '../mapper/address-mapper.ts';
import { listedPages } from '../mapper/listed-pages.ts';
import type { ListedMapping } from '../mapper/mapping.ts';
import type { Spool } from '../mapper/spool.ts';
import type { AgentState, MappingRow, Reason, Status, TranslatorStatus } from './control/agent.ts';
import { networkNamespace } from './control/network-namespace.ts';
import type { Instance } from './instance.ts';
import type { Ipv6Leg } from './ipv6-leg.ts';
import type { Surroundings } from './network/surroundings.ts';
import type { Questions } from './questions/questions.ts';

/** What is told only while it is up. */
export type UpStatus = Pick<
  Status,
  'device' | 'spool' | 'self' | 'uplinks' | 'dedicated' | 'detached' | 'resolver' | 'translator'
>;

/** What the status of a bump is read from. */
export interface UpStatusParts {
  readonly instance: Pick<Instance, 'device' | 'spool' | 'ula'>;
  readonly leg: Pick<Ipv6Leg, 'mtu' | 'tun' | 'unread' | 'uplinks' | 'dedicated'>;
  readonly surroundings: Pick<Surroundings, 'detached'>;
  readonly spool: Pick<Spool, 'usable' | 'open' | 'closing'>;
  readonly mapper: Pick<AddressMapper, 'use' | 'counters' | 'strangerCounters'>;
  readonly questions: Pick<Questions, 'mode' | 'servers' | 'because'>;
  readonly resolver: { readonly counters: object; readonly rows: Readonly<Record<string, number>> };
  readonly dataPlane: { counters(): TranslatorStatus };
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const nothingUp: UpStatus = {
  device: null,
  spool: null,
  self: null,
  uplinks: [],
  dedicated: [],
  detached: [],
  resolver: null,
  translator: null,
};

/** The status in a situation; `exposed` whatever the state, `up` only while it is up. */
export function statusOf(
  state: AgentState,
  reasons: readonly Reason[],
  since: Date,
  exposed: readonly string[],
  up: UpStatus = nothingUp,
): Status {
  return {
    state,
    reasons,
    version,
    pid: process.pid,
    networkNamespace: networkNamespace(),
    since: since.toISOString(),
    exposed,
    ...up,
  };
}

/** What a bump that is up tells about itself. */
export function upStatus(parts: UpStatusParts): UpStatus {
  const { instance, leg, surroundings, spool, mapper, questions, resolver, dataPlane } = parts;
  const { assigned, recycled, refused } = mapper.counters;
  const { overRate, refused: strangersRefused } = mapper.strangerCounters;
  const { offloads, queues } = leg.tun;
  return {
    device: { name: instance.device, offloads, queues: queues.length, mtu: leg.mtu, unread: leg.unread },
    spool: {
      range: spool.open.map(formatIpv4Prefix).join(' '),
      size: spool.usable,
      ...mapper.use,
      closing: spool.closing.map(formatIpv4Prefix),
      counters: { assigned, recycled, refused, strangersRefused: overRate + strangersRefused },
    },
    self: formatIpv6Prefix(instance.ula),
    uplinks: leg.uplinks,
    dedicated: leg.dedicated.map(({ device, source }) => ({ device, address: source })),
    detached: surroundings.detached,
    resolver: {
      mode: questions.mode,
      because: questions.because(),
      servers: questions.servers(),
      counters: { ...resolver.counters },
      answerTable: { ...resolver.rows },
    },
    translator: dataPlane.counters(),
  };
}

/** A mapping as it is told; `now` in seconds since 1970. */
export function mappingRow(mapping: ListedMapping, now: number): MappingRow {
  const { ipv4, ipv6, names, createdAt, promisedUntil, isLive, lastPacket, packets, octets, isStranger } = mapping;
  return {
    ipv4: formatIpv4(ipv4),
    ipv6: formatIpv6(ipv6),
    names: names.map(withoutLastDot),
    ageSeconds: Math.max(0, now - createdAt),
    promisedForSeconds: Math.max(0, promisedUntil - now),
    lastPacketSecondsAgo: lastPacket === 0 ? null : Math.max(0, now - lastPacket),
    state: isLive ? 'live' : promisedUntil > now ? 'promised' : 'idle',
    packets,
    octets,
    isStranger,
  };
}

/** All mappings, in order of their IPv4 addresses, in pages that take a few milliseconds each at most. */
export function* mappingPages(
  mapper: Pick<AddressMapper, 'listed'>,
  spool: Pick<Spool, 'ranges'>,
  now: () => number,
): Generator<readonly MappingRow[]> {
  for (const page of listedPages(mapper, spool)) yield page.map((mapping) => mappingRow(mapping, now()));
}

/** A name without the dot of the root; a dot behind an odd number of backslashes belongs to a label (RFC 1035 §5.1). */
function withoutLastDot(name: string): string {
  return name.replace(/(?<!\\)((?:\\\\)*)\.$/, '$1');
}
