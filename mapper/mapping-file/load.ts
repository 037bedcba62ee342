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
const WINDOW = 1 << 20;
/** Room for a log beside the snapshot, in octets, however small the spool. */
const LEAST_LOG = 1 << 20;

/** The octets at which the file of a spool is full: two records of the greatest length for each address, and 1 MiB. */
export function longestFile(spool: Spool): number {
  return HEADING.length + 2 * LONGEST_RECORD * spool.size + LEAST_LOG;
}

/** What was in a file. */
export interface Loaded {
  /** One for each spool address. */
  readonly mappings: readonly Mapping[];
  /** What was not as it should be, each a sentence without its end. Empty as well when there is no file. */
  readonly problems: readonly Error[];
}

/** Reads the mappings of a spool. Never throws. */
export function loadMappings(files: Files, path: string, spool: Spool): Loaded {
  const mappings: Mapping[] = [];
  const problems: Error[] = [];
  let file: OpenFile | undefined;
  try {
    file = files.open(path);
    if (file === undefined) return { mappings: [], problems };
    const outside = new Set<number>();
    const damaged = eachRecord(file, longestFile(spool), (mapping) => {
      const position = spool.position(mapping.ipv4);
      if (position < 0 || !spool.isUsable(position)) {
        outside.add(mapping.ipv4);
        return;
      }
      mappings[position] = mapping;
    });
    if (damaged > 0) {
      problems.push(new Error(`${damaged} octets of ${path} are not whole records: they were left out`));
    }
    if (file.read(new Uint8Array(1), longestFile(spool)) > 0) {
      problems.push(new Error(`${path} is longer than ${longestFile(spool)} octets: the rest was not read`));
    }
    if (outside.size > 0) {
      const ranges = spool.ranges.map((range: Ipv4Prefix) => formatIpv4Prefix(range)).join(', ');
      problems.push(new Error(`${outside.size} mappings of ${path} are not of the spool ${ranges}: they were dropped`));
    }
  } catch (error) {
    problems.push(new Error(`Cannot read ${path}`, { cause: error }));
  } finally {
    file?.close();
  }
  // The positions between them are holes, which this leaves out.
  return { mappings: mappings.filter(() => true), problems };
}

/** Calls `use` with every whole record of the first `limit` octets. Returns how many octets belong to none. */
function eachRecord(file: OpenFile, limit: number, use: (mapping: Mapping) => void): number {
  const window = Buffer.alloc(WINDOW);
  let damaged = 0;
  /** Where the window begins in the file, what it holds, and how far that has been looked at. */
  let from = 0;
  let held = 0;
  let at = 0;
  for (let isEnd = false; !isEnd; ) {
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
      if (!isOurs) damaged += Math.min(held, HEADING.length);
      at = Math.min(held, HEADING.length);
    }
    while (at < held && (isEnd || at + LONGEST_RECORD <= held)) {
      const length = wholeRecord(window, at, held);
      if (length > 0) use(readRecord(window, at));
      else damaged += Math.min(ALIGNMENT, held - at);
      at += length > 0 ? length : Math.min(ALIGNMENT, held - at);
    }
  }
  return damaged;
}
