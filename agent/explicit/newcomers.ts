/** Tells who wants to know of mappings as they are made: whoever looks through all of them in slices would miss those. */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import type { MappingSink } from '../../mapper/mapping.ts';
import type { Spool } from '../../mapper/spool.ts';

type Listener = (ipv6: Ipv6Address, ipv4: Ipv4Address) => void;

export class Newcomers implements MappingSink {
  readonly #spool: Pick<Spool, 'address'>;
  readonly #listeners = new Set<Listener>();

  constructor(spool: Pick<Spool, 'address'>) {
    this.#spool = spool;
  }

  /** Calls `listener` for every mapping that is made, until the function that is returned is called. */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(position: number, ipv6: Ipv6Address): void {
    for (const listener of this.#listeners) listener(ipv6, this.#spool.address(position));
  }

  withdraw(): void {
    // Whoever follows looks whether a mapping is still there.
  }
}
