/**
 * Reading the file that keeps mappings (M14): whatever is whole is used, whatever is around it. Later records of a
 * spool address take the place of earlier ones.
 */
import { formatIpv4Prefix, type Ipv4Prefix } from '../address/prefix.ts';
import type { Mapping } from '../mapping.ts';
import type { Spool } from '../spool.ts';
import type { Files, OpenFile } from './files.ts';
import { ALIGNMENT, HEADING, LONGEST_RECORD, readRecord, wholeRecord } from './record.ts';

/** Octets read at once. */
const WINDOW = 1 << 18;
/** Room for a log beside the snapshot, in octets, however small the spool. */
const LEAST_LOG = 1 << 20;

/** The octets at which the file of a spool is full: two records of the greatest length for each address, and 1 MiB. */
export function longestFile(spool: Spool): number {
  return HEADING.length + 2 * LONGEST_RECORD * spool.most + LEAST_LOG;
}

/**
 * The mappings of a spool, in the order in which they were written, and `undefined` now and then, so that nobody waits
 * for one through all of a file that has none. What is not as it should be is reported, each a
 * sentence without its end; nothing when there is no file. Never throws.
 */
export function* loadMappings(
  files: Files,
  path: string,
  spool: Spool,
  report: (problem: Error) => void,
): Generator<Mapping | undefined> {
  let file: OpenFile | undefined;
  try {
    file = files.open(path);
    if (file === undefined) return;
    const outside = new Set<number>();
    const read = { damaged: 0 };
    for (const mapping of eachRecord(file, longestFile(spool), read)) {
      if (mapping === undefined || spool.isMappable(spool.position(mapping.ipv4))) yield mapping;
      else if (outside.size < spool.most) outside.add(mapping.ipv4);
    }
    if (read.damaged > 0)
      report(new Error(`${read.damaged} octets of ${path} are not whole records: they were left out`));
    if (file.read(new Uint8Array(1), longestFile(spool)) > 0) {
      report(new Error(`${path} is longer than ${longestFile(spool)} octets: the rest was not read`));
    }
    if (outside.size > 0) {
      const ranges = spool.ranges.map((range: Ipv4Prefix) => formatIpv4Prefix(range)).join(', ');
      report(new Error(`${outside.size} mappings of ${path} are not of the spool ${ranges}: they were dropped`));
    }
  } catch (error) {
    report(new Error(`Cannot read ${path}`, { cause: error }));
  } finally {
    file?.close();
  }
}

/** Every whole record of the first `limit` octets, and `undefined` before each window. Notes how many octets belong to none. */
function* eachRecord(file: OpenFile, limit: number, read: { damaged: number }): Generator<Mapping | undefined> {
  const window = Buffer.alloc(WINDOW);
  /** Where the window begins in the file, what it holds, and how far that has been looked at. */
  let from = 0;
  let held = 0;
  let at = 0;
  for (let isEnd = false; !isEnd; ) {
    yield undefined;
    window.copyWithin(0, at, held);
    from += at;
    held -= at;
    at = 0;
    const wanted = Math.min(WINDOW, limit - from) - held;
    const count = file.read(window.subarray(held, held + wanted), from + held);
    isEnd = count < wanted || from + held + count === limit;
    held += count;
    if (from === 0) {
      const isOurs = held >= HEADING.length && HEADING.equals(window.subarray(0, HEADING.length));
      at = Math.min(held, HEADING.length);
      if (!isOurs) read.damaged += at;
    }
    while (at < held && (isEnd || at + LONGEST_RECORD <= held)) {
      const length = wholeRecord(window, at, held);
      if (length > 0) yield readRecord(window, at);
      else read.damaged += Math.min(ALIGNMENT, held - at);
      at += length > 0 ? length : Math.min(ALIGNMENT, held - at);
    }
  }
}
