/** Ending mappings because somebody asks for it (M20). */
import type { Ipv4Address } from './address/ipv4.ts';
import type { AddressMapper } from './address-mapper.ts';
import { Slice } from './next-turn.ts';

export interface Flushed {
  readonly removed: number;
  /** Those that are held, and stay. */
  readonly spared: number;
}

/**
 * Ends the mapping of an address, or all of them; those that are held only with `isForced`, and then their addresses are
 * given to nobody until the hold would have ended.
 */
export async function flush(
  mapper: Pick<AddressMapper, 'addresses' | 'isHeld' | 'remove'>,
  address: Ipv4Address | undefined,
  isForced: boolean,
): Promise<Flushed> {
  const flushed = { removed: 0, spared: 0 };
  const slice = new Slice();
  for (const each of address === undefined ? mapper.addresses() : [address]) {
    if (each === undefined || slice.isOver) await slice.pause();
    if (each === undefined) continue;
    if (!isForced && mapper.isHeld(each)) flushed.spared++;
    else if (mapper.remove(each, 'flushed')) flushed.removed++;
  }
  return flushed;
}
