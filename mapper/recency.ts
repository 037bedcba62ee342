/** Whose turn it is to be recycled: the least recently used that may be (M10). */
import type { LRUCache } from 'lru-cache';

/** Rows looked at for one that can be recycled before a call gives up (M10). */
const MOST_LOOKS = 64;

/**
 * The position of the least recently used row that may be recycled, or `undefined`. Those that may not, and were looked
 * at, get a second chance at the young end.
 */
export function leastRecent<Row extends object>(
  rows: LRUCache<number, Row>,
  mayBe: (position: number) => boolean,
): number | undefined {
  let looks = 0;
  const held: number[] = [];
  let found: number | undefined;
  for (const position of rows.rkeys()) {
    if (looks++ === MOST_LOOKS) break;
    if (mayBe(position)) {
      found = position;
      break;
    }
    held.push(position);
  }
  for (const position of held) rows.get(position);
  return found;
}
