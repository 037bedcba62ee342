/** Taking back the mappings of an earlier run (M14). */
import type { Mapping, MappingIndex, MappingSink, MappingStamps } from './mapping.ts';
import type { MappingRows } from './mapping-rows.ts';
import { time } from './mapping-times.ts';
import { Slice } from './next-turn.ts';
import type { Spool } from './spool.ts';

/** How long mappings of an earlier run count as live: nobody knows what the programs do that use them. */
const RESTORED_SECONDS = 300;
/** And as connected, unless the kernel says that they are not: as if a packet had just passed (RFC 5382 REQ-5). */
const CONNECTED_SECONDS = 7440;
/** The longest promise that is believed of an earlier run, whose clock may have been wrong, in seconds. */
const LONGEST_PROMISE = 86_400;

export interface RestoreParts {
  readonly spool: Spool;
  readonly index: MappingIndex;
  readonly sinks: readonly MappingSink[];
  readonly stamps: readonly MappingStamps[];
  /** Seconds since 1970. */
  readonly now: () => number;
}

/**
 * Publishes mappings and fills their rows, in slices, as `AddressMapper.restore` says. One of `::` ends what was there before;
 * `undefined` is none, where looking for one took long.
 */
export async function restoreMappings(
  parts: RestoreParts,
  rows: MappingRows,
  mappings: Iterable<Mapping | undefined>,
): Promise<void> {
  const { spool, index, sinks, stamps } = parts;
  const now = parts.now();
  let mapped = 0;
  const withdraw = (position: number): void => {
    mapped--;
    for (const sink of sinks) sink.withdraw(position);
    rows.end(position);
  };
  const { times } = rows;
  const slice = new Slice();
  for (const mapping of mappings) {
    if (mapping === undefined || slice.isOver) await slice.pause();
    if (mapping === undefined) continue;
    const { ipv4, ipv6, names, createdAt, promisedUntil, isStranger } = mapping;
    const position = spool.position(ipv4);
    if (!spool.isMappable(position)) continue;
    const isEnd = (ipv6.w0 | ipv6.w1 | ipv6.w2 | ipv6.w3) === 0;
    const other = isEnd ? -1 : index.position(ipv6);
    if (rows.isMapped(position) && other !== position) withdraw(position);
    if (isEnd) continue;
    if (other >= 0 && other !== position) {
      if (times.get(other, time.CREATED) >= createdAt) continue;
      withdraw(other);
    }
    if (other !== position) {
      // More than there were at any time only a file that is not ours can have.
      if (mapped === spool.most) continue;
      for (const sink of sinks) sink.publish(position, ipv6);
      mapped++;
    }
    for (const stamp of stamps) stamp.hold(position, now + RESTORED_SECONDS, now + CONNECTED_SECONDS);
    rows.begin(position, Math.min(createdAt, now), isStranger);
    times.set(position, time.PROMISED, Math.min(promisedUntil, now + LONGEST_PROMISE));
    times.set(position, time.USED, Math.min(promisedUntil, now));
    rows.setNames(position, names);
  }
}
