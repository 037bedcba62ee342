/**
 * The mappings of a bump and all that keeps them: the spool, the table that packet workers share, the file, the kernel's
 * connections, and the sweep.
 */
import { randomInt } from 'node:crypto';
import type { Host } from '../install/host.ts';
import { formatIpv4, parseIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../mapper/address/ipv6.ts';
import type { Ipv4Prefix } from '../mapper/address/prefix.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { flush } from '../mapper/flush.ts';
import type { Connections, MappingSink } from '../mapper/mapping.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import type { Resolver } from '../resolver/resolver.ts';
import type { FlushResult } from './control/agent.ts';
import { BadRequest } from './control/bad-request.ts';
import { everySoOften } from './every-so-often.ts';
import { Newcomers } from './explicit/newcomers.ts';
import { keepMappings, mappingFile } from './kept-mappings.ts';
import { LargePages } from './large-pages.ts';
import type { Log } from './log.ts';
import { KernelConnections } from './network/connections.ts';
import type { StubCaches } from './network/stub-caches.ts';
import type { UndoList } from './undo-list.ts';

/** How often holds that have ended are looked for, in milliseconds (M10). */
const SWEEP_MILLISECONDS = 1000;

/**
 * Places for ranges that take over when the one in use collides with a network (M3): two may be closing at a time. A /12
 * has a million addresses, and 10.0.0.0/8 is the only larger range there is.
 */
const SPARE_RANGES = 2;
const LONGEST_WITH_SPARE = 12;

export interface BumpMappingsParts {
  readonly range: Ipv4Prefix;
  /** Other ranges of an earlier run, whose mappings end where they are. */
  readonly earlier: readonly Ipv4Prefix[];
  readonly stateDirectory: string;
  readonly host: Host;
  readonly log: Log;
}

export interface BumpMappings {
  readonly spool: Spool;
  readonly table: SharedTable;
  readonly mapper: AddressMapper;
  readonly connections: Connections;
  readonly newcomers: Newcomers;
}

/** Makes the mapper, with the mappings of an earlier run. What was begun is in `undoing`. */
export async function beginMappings(parts: BumpMappingsParts, undoing: UndoList): Promise<BumpMappings> {
  const { range, host, log } = parts;
  const spool = new Spool([range], range.length < LONGEST_WITH_SPARE ? 0 : SPARE_RANGES);
  for (const each of parts.earlier) spool.addClosing(each);
  const table = SharedTable.create(spool, randomInt(2 ** 31));
  const file = mappingFile(parts.stateDirectory, spool, table.reader.times, log);
  const report = (problem: Error): void => log.warn({ err: problem }, problem.message);
  const connections = new KernelConnections({ host, spool, report, now: Date.now });
  const newcomers = new Newcomers(spool);
  const mapper = new AddressMapper({
    spool,
    index: table.reader,
    sinks: [table.writer(), file, removals(log), newcomers, new LargePages(table.memory)],
    stamps: [table],
    now: nowSeconds,
    connections,
  });
  await keepMappings(file, mapper, undoing);
  const sweeping = new Sweeping(mapper);
  undoing.add('stop looking for mappings that have ended', () => sweeping.end());
  return { spool, table, mapper, connections, newcomers };
}

interface FlushParts {
  readonly mapper: AddressMapper;
  readonly resolver: Pick<Resolver, 'flush'>;
  /** Those of this host. */
  readonly caches: Pick<StubCaches, 'flush'>;
}

/** Ends mappings, and forgets answers that were kept (M20); see `Agent.flush`. */
export async function flushBump(
  { mapper, resolver, caches }: FlushParts,
  text: string | undefined,
  isForced: boolean,
): Promise<FlushResult> {
  resolver.flush();
  const { unflushed } = await caches.flush();
  if (text === undefined) return { ...(await flush(mapper, undefined, isForced)), unflushed };
  const ipv6 = parseIpv6(text);
  const ipv4 = parseIpv4(text);
  if (ipv4 === undefined && ipv6 === undefined) throw new BadRequest(`${JSON.stringify(text)} is no address`);
  const address = ipv6 === undefined ? ipv4 : mapper.addressOf(ipv6);
  const done = address === undefined ? { removed: 0, spared: 0 } : await flush(mapper, address, isForced);
  return { ...done, unflushed };
}

/** Seconds since 1970. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Tells which mappings were removed; that one was recycled is everyday life, and counted. Names stay out of the log (S12). */
function removals(log: Log): MappingSink {
  return {
    publish: () => {},
    withdraw: () => {},
    ended({ ipv4, ipv6 }, reason) {
      if (reason !== 'recycled')
        log.info({ ipv4: formatIpv4(ipv4), ipv6: formatIpv6(ipv6), reason }, 'Mapping removed');
    },
  };
}

/** Sweeps once a second, a slice after the other, so that questions are answered in between. */
class Sweeping {
  readonly #mapper: AddressMapper;
  readonly #end: () => void;
  #next: NodeJS.Immediate | undefined;

  constructor(mapper: AddressMapper) {
    this.#mapper = mapper;
    this.#end = everySoOften(SWEEP_MILLISECONDS, () => this.#slice());
  }

  end(): void {
    this.#end();
    clearImmediate(this.#next);
  }

  #slice(): void {
    clearImmediate(this.#next);
    this.#next = this.#mapper.sweep() ? setImmediate(() => this.#slice()) : undefined;
  }
}
