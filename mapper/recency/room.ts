/** Making room for an answer before its addresses are assigned (M11), and how much of it one answer may take. */
import type { Connections } from '../mapping.ts';
import { nextTurn } from '../next-turn.ts';
import type { Occupancy } from './occupancy.ts';

/** Before anything is recycled, the kernel has said which connections there are, not longer ago than this. */
const OLD_ANSWER_SECONDS = 60;

/**
 * The most new addresses of one answer: so many, and no more than this share of those that are to be had, but a few in any
 * case. Whoever owns a name may give it hundreds of addresses, and all of them would be promised for two minutes (ADR 15).
 */
const MOST_OF_AN_ANSWER = 64;
const SHARE_OF_AN_ANSWER = 16;
const LEAST_OF_AN_ANSWER = 4;

export interface RoomParts {
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly connections?: Connections;
}

/**
 * How many of `wanted` new addresses one answer may have. Waits until the kernel has said which connections there still are,
 * when something must be recycled; and once more when that is not enough.
 */
export async function roomForAnswer(occupancy: Occupancy, parts: RoomParts, wanted: number): Promise<number> {
  if (wanted === 0) return 0;
  const room = await makeRoom(occupancy, parts, wanted);
  const share = Math.max(LEAST_OF_AN_ANSWER, Math.floor(room / SHARE_OF_AN_ANSWER));
  return Math.min(wanted, room, share, MOST_OF_AN_ANSWER);
}

async function makeRoom(occupancy: Occupancy, { now, connections }: RoomParts, wanted: number): Promise<number> {
  if (occupancy.free >= wanted) return occupancy.room;
  if (connections !== undefined && Math.abs(now() - connections.askedAt) > OLD_ANSWER_SECONDS)
    await ask(occupancy, connections);
  occupancy.look();
  if (occupancy.room < wanted) await ask(occupancy, connections);
  return occupancy.room;
}

async function ask(occupancy: Occupancy, connections: Connections | undefined): Promise<void> {
  await connections?.ask();
  while (occupancy.sweep()) await nextTurn();
}
