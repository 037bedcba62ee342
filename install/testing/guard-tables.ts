/** Where the guard is on this machine, for tests that look at it. For tests only. */
import os from 'node:os';
import { canKeep } from '../nft-kept.ts';
import type { Family } from '../nft-word.ts';

/** Its table for a family, as words of nft. */
export function guardTable(family: Family): readonly [family: string, table: string] {
  return [canKeep(os.release()) ? family : 'inet', 'bis_guard'];
}
