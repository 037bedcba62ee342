/**
 * The range that the spool was in last: where the default gave way to a network that has gone since, the mappings that were
 * kept are of another range, and a restart must not lose them (M3, M14). A range that somebody chose is taken when it is free.
 */
import { join } from 'node:path';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { DEFAULT_SPOOLS, rangeProblem } from '../mapper/range.ts';
import type { Log } from './log.ts';
import { keepSmallFile, readSmallFile } from './small-file.ts';

const FILE = 'spool-range';

/** What was kept for this configured range; `undefined` when that is no default, and when nothing was kept that can be read. */
export function keptRange(stateDirectory: string, configured: Ipv4Prefix): Ipv4Prefix | undefined {
  if (!DEFAULT_SPOOLS.some((text) => text === formatIpv4Prefix(configured))) return undefined;
  try {
    const [asked, used] = readSmallFile(join(stateDirectory, FILE)).trim().split(' ');
    const range = parseIpv4Prefix(used ?? '');
    const isMeant = asked === formatIpv4Prefix(configured) && range?.length === configured.length;
    return isMeant && rangeProblem(range) === undefined ? range : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps which range is used for the configured one. Throws when it cannot. */
export function keepRange(stateDirectory: string, configured: Ipv4Prefix, used: Ipv4Prefix): void {
  keepSmallFile(join(stateDirectory, FILE), [configured, used].map(formatIpv4Prefix).join(' '));
}

/** The same; when it cannot, the log hears of it, and a restart may find another range. */
export function keepRangeOrSay(
  stateDirectory: string,
  configured: Ipv4Prefix,
  used: Ipv4Prefix,
  log: Pick<Log, 'warn'>,
): void {
  try {
    keepRange(stateDirectory, configured, used);
  } catch (error) {
    log.warn({ err: error }, 'Cannot keep which range the spool is in');
  }
}
