/** All mappings in pages, so that whoever tells a million of them lets others have the thread in between. */
import { type Ipv4Address, ipv4 } from './address/ipv4.ts';
import { ipv4PrefixSize } from './address/prefix.ts';
import type { ListedMapping } from './mapping.ts';
import type { Spool } from './spool.ts';

/** Addresses looked at for one page: less than a millisecond, and about another one until they are text. */
const PAGE = 256;

/**
 * The mappings of a spool in order of their addresses, each as it is when its page is taken; pages without any are left
 * out, but for every 64th, so that nothing takes longer than it takes to look at so many.
 */
export function* listedPages(
  mapper: { listed(address: Ipv4Address): ListedMapping | undefined },
  spool: Pick<Spool, 'ranges'>,
): Generator<readonly ListedMapping[]> {
  let empty = 0;
  for (const range of spool.ranges.toSorted((a, b) => a.address - b.address)) {
    const size = ipv4PrefixSize(range);
    for (let offset = 0; offset < size; offset += PAGE) {
      const page: ListedMapping[] = [];
      for (let at = offset; at < Math.min(size, offset + PAGE); at++) {
        const listed = mapper.listed(ipv4(range.address + at));
        if (listed !== undefined) page.push(listed);
      }
      if (page.length === 0 && ++empty % 64 !== 0) continue;
      yield page;
    }
  }
}
