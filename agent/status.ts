/** What the agent tells about itself, made from what it is: the JSON of `bis status` and `bis mappings`. */
import { readFileSync } from 'node:fs';
import { formatIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6 } from '../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../mapper/address/prefix.ts';
import type { Bump } from './bump.ts';
import type { AgentState, MappingRow, Reason, Status } from './control/agent.ts';

interface Situation {
  readonly state: AgentState;
  readonly reasons: readonly Reason[];
  readonly since: Date;
  /** Only while it is up. */
  readonly bump: Bump | undefined;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The status in a situation. */
export function statusOf({ state, reasons, since, bump }: Situation): Status {
  const common = { state, reasons, version, pid: process.pid, since: since.toISOString() };
  if (bump === undefined) {
    return { ...common, device: null, spool: null, self: null, uplinks: [], resolver: null, translator: null };
  }
  const { instance, leg, spool } = bump;
  const rows = bump.mapper.list();
  const now = nowSeconds();
  let usable = 0;
  for (let position = 0; position < spool.size; position++) if (spool.isUsable(position)) usable++;
  return {
    ...common,
    device: { name: instance.device, offloads: leg.tun.offloads, queues: leg.tun.queues.length, mtu: leg.mtu },
    spool: {
      range: formatIpv4Prefix(instance.spool),
      size: usable,
      used: rows.length,
      held: rows.filter(({ promisedUntil, heldUntil }) => Math.max(promisedUntil, heldUntil) > now).length,
    },
    self: formatIpv6Prefix(instance.ula),
    uplinks: leg.uplinks,
    resolver: {
      mode: bump.mode,
      servers: bump.questions.servers(),
      counters: { ...bump.resolver.counters },
    },
    translator: bump.dataPlane.counters(),
  };
}

/** All mappings, in order of their IPv4 addresses. */
export function mappingRows(bump: Bump): MappingRow[] {
  const now = nowSeconds();
  const rows = bump.mapper.list().toSorted((a, b) => a.ipv4 - b.ipv4);
  return rows.map(({ ipv4, ipv6, names, createdAt, promisedUntil, heldUntil, lastPacket }) => ({
    ipv4: formatIpv4(ipv4),
    ipv6: formatIpv6(ipv6),
    names: names.map((name) => name.replace(/(?<!\\)\.$/, '')),
    ageSeconds: now - createdAt,
    promisedForSeconds: Math.max(0, promisedUntil - now),
    lastPacketSecondsAgo: lastPacket === 0 ? null : Math.max(0, now - lastPacket),
    state: heldUntil > now ? 'live' : promisedUntil > now ? 'promised' : 'idle',
  }));
}
