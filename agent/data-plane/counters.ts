/**
 * Counters the packet path writes and everybody may read: one block of shared memory for each queue, one slot for each
 * verdict and direction. Each block has one writer, so that counting is an addition and no atomic.
 */
import { verdict, verdicts } from '../../translator/verdict.ts';

/** The directions of translation; a block holds the slots of all verdicts for one, then for the other. */
export const direction = { FOUR_TO_SIX: 0, SIX_TO_FOUR: 1 } as const;

/** Counted besides verdicts; `extra` says what and where. */
const perDirection = ['octets', 'device-refused', 'errors-sent', 'errors-limited'] as const;
const SLOTS = verdicts.length + perDirection.length;

/** Where the slots that are no verdicts stand, from the first slot of a direction. */
export const extra = {
  /** Octets of translated packets, as received. */
  OCTETS: verdicts.length,
  /** Pieces the device did not take. */
  DEVICE_REFUSED: verdicts.length + 1,
  /** ICMP errors of our own, back to where the packet came from, and those over the limit. */
  ERRORS_SENT: verdicts.length + 2,
  ERRORS_LIMITED: verdicts.length + 3,
} as const;

/** The first slot of a direction. */
export function base(way: number): number {
  return way * SLOTS;
}

/** Memory for the counters of one queue. Doubles, because 2^32 packets pass in an hour and 2^53 do not. */
export function createCounters(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(2 * SLOTS * Float64Array.BYTES_PER_ELEMENT));
}

/** What one direction counted, over all queues. */
export interface DirectionCounters {
  readonly packets: number;
  readonly octets: number;
  /** By verdict and by the words of this file; only those that are not 0. */
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Adds up the blocks of all queues for one direction. */
export function readCounters(blocks: readonly Float64Array[], way: number): DirectionCounters {
  const sum = (slot: number): number => blocks.reduce((total, block) => total + (block[base(way) + slot] ?? 0), 0);
  const named = [...verdicts, ...perDirection].map((name, slot): [string, number] => [name, sum(slot)]);
  return {
    packets: sum(verdict.translated),
    octets: sum(extra.OCTETS),
    verdicts: Object.fromEntries(named.filter(([name, count]) => count > 0 && name !== 'octets')),
  };
}
