/**
 * The ranges that the spool was in last: where it gave way to a network, the mappings that were kept are of other ranges
 * than the configured one, and a restart must not lose them (M3, M14). In the place of a default the last one goes on. A
 * range that somebody chose is taken when it is free; then those of the others end where they are.
 */
import { join } from 'node:path';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { DEFAULT_SPOOLS, isFree, rangeProblem } from '../mapper/range.ts';
import type { Log } from './log.ts';
import { keepSmallFile, readSmallFile } from './small-file.ts';

const FILE = 'spool-range';

/**
 * The range that goes on in the place of this configured one; `undefined` when that is no default, and when nothing was kept
 * for it that can be read.
 */
export function keptRange(stateDirectory: string, configured: Ipv4Prefix): Ipv4Prefix | undefined {
  if (!DEFAULT_SPOOLS.some((text) => text === formatIpv4Prefix(configured))) return undefined;
  const { asked, ranges } = readKept(stateDirectory);
  const [used] = ranges;
  return asked === formatIpv4Prefix(configured) && used?.length === configured.length ? used : undefined;
}

/** The ranges whose mappings were kept, but for those that have an address of `taken`. */
export function earlierRanges(stateDirectory: string, taken: readonly Ipv4Prefix[]): readonly Ipv4Prefix[] {
  const earlier: Ipv4Prefix[] = [];
  for (const range of readKept(stateDirectory).ranges) if (isFree(range, [...taken, ...earlier])) earlier.push(range);
  return earlier;
}

function readKept(stateDirectory: string): { asked: string | undefined; ranges: readonly Ipv4Prefix[] } {
  try {
    const [asked, ...texts] = readSmallFile(join(stateDirectory, FILE)).trim().split(' ');
    const ranges = texts.map(parseIpv4Prefix).filter((range) => range !== undefined);
    return { asked, ranges: ranges.filter((range) => rangeProblem(range) === undefined) };
  } catch {
    return { asked: undefined, ranges: [] };
  }
}

/** Keeps which ranges there are for the configured one, that in which mappings are made first. Throws when it cannot. */
export function keepRanges(stateDirectory: string, configured: Ipv4Prefix, used: readonly Ipv4Prefix[]): void {
  keepSmallFile(join(stateDirectory, FILE), [configured, ...used].map(formatIpv4Prefix).join(' '));
}

/** The same; when it cannot, the log hears of it, and a restart may lose the mappings of other ranges. */
export function keepRangesOrSay(
  stateDirectory: string,
  configured: Ipv4Prefix,
  used: readonly Ipv4Prefix[],
  log: Pick<Log, 'warn'>,
): void {
  try {
    keepRanges(stateDirectory, configured, used);
  } catch (error) {
    log.warn({ err: error }, 'Cannot keep which ranges the spool is in');
  }
}
