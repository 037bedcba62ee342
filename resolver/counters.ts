/** How often each outcome happened since the start. */
import type { AaaaOutcome, AOutcome } from './answer-table.ts';

export interface Counters {
  /** Messages that came in, whatever they were. */
  questions: number;
  /** Answered with A records made from AAAA records… */
  synthesized: number;
  /** …of these, although the network said that the name does not exist. */
  synthesizedOverNxdomain: number;
  /** A questions answered with the network's own addresses, untouched. */
  unmodified: number;
  /** A questions answered with the network's own negative answer or error. */
  negative: number;
  /** Not for us to judge: other types, other opcodes, transfers. */
  passed: number;
  /** PTR questions for spool addresses, answered by us. */
  reversed: number;
  /** Browsers told to stay with the host's resolver. */
  canary: number;
  /** Answers whose address hints were taken out. */
  stripped: number;
  /** Questions that joined an equal one already under way. */
  merged: number;
  /** A, AAAA and PTR questions to an upstream that the cache answered… */
  cacheHits: number;
  /** …and those it could not. */
  cacheMisses: number;
  /** SERVFAIL of our own making… */
  servfail: number;
  /** …of these, because no upstream answered in time. */
  timeouts: number;
  /** …of these, because no spool address was free. */
  spoolUsedUp: number;
  /** Refused because too much was going on at once. */
  refused: number;
  /** Messages that are no question, and questions that are no sound message. */
  malformed: number;
  /** Answers cut to the asker's UDP size. */
  truncated: number;
  /** Datagrams from an upstream's address that did not answer what was asked (forged, late or broken). */
  mismatched: number;
  /** Questions asked of another upstream because one did not answer. */
  failovers: number;
}

/** How often each row of the answer table was used. */
export interface RowCounters {
  count(a: AOutcome, aaaa: AaaaOutcome | undefined): void;
  /** By `A/AAAA`, those that are not 0; where A was usable nobody waited for AAAA: `usable/any`. */
  readonly counts: Readonly<Record<string, number>>;
}

export function newRowCounters(): RowCounters {
  const counts: Record<string, number> = {};
  return {
    counts,
    count(a, aaaa) {
      const row = `${a}/${aaaa ?? 'any'}`;
      counts[row] = (counts[row] ?? 0) + 1;
    },
  };
}

export function newCounters(): Counters {
  return {
    questions: 0,
    synthesized: 0,
    synthesizedOverNxdomain: 0,
    unmodified: 0,
    negative: 0,
    passed: 0,
    reversed: 0,
    canary: 0,
    stripped: 0,
    merged: 0,
    cacheHits: 0,
    cacheMisses: 0,
    servfail: 0,
    timeouts: 0,
    spoolUsedUp: 0,
    refused: 0,
    malformed: 0,
    truncated: 0,
    mismatched: 0,
    failovers: 0,
  };
}
