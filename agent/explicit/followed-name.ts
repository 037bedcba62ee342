/** A name whose IPv6 address is followed: asked for again when its time to live has passed. */
import { type Ipv6Address, ipv6Equals } from '../../mapper/address/ipv6.ts';
import type { Ipv6Prefix } from '../../mapper/address/prefix.ts';

/** Asks for the IPv6 addresses of a name; none when there are none, or nobody answers. Never rejects. */
export type ResolveName = (name: string) => Promise<{ addresses: readonly Ipv6Address[]; ttlSeconds: number }>;

/** A name is asked for again after its time to live, but not sooner and not later than this; after a failure likewise. */
const SOONEST_SECONDS = 5;
const LATEST_SECONDS = 3600;
const FAILURE_SECONDS = 30;

export class FollowedName {
  readonly name: string;
  /** Its address, as a /128; the same object as long as it is the same address. `undefined` until it is known. */
  prefix: Ipv6Prefix | undefined;
  readonly #now: () => number;
  #nextAt = 0;
  #isAsking = false;

  /** `now` in milliseconds. */
  constructor(name: string, now: () => number = Date.now) {
    this.name = name;
    this.#now = now;
  }

  /** Asks if it is time to; `moved` is called when the address is another one. */
  follow(resolve: ResolveName, moved: () => void): void {
    if (this.#isAsking || this.#now() < this.#nextAt) return;
    this.#isAsking = true;
    void resolve(this.name)
      .then(({ addresses, ttlSeconds }) => this.#take(addresses, ttlSeconds, moved))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** The address that is in use stays as long as the name has it; one that has none keeps the last. */
  #take(addresses: readonly Ipv6Address[], ttlSeconds: number, moved: () => void): void {
    const [first] = addresses;
    const seconds = Math.min(Math.max(ttlSeconds, SOONEST_SECONDS), LATEST_SECONDS);
    this.#nextAt = this.#now() + 1000 * (first === undefined ? FAILURE_SECONDS : seconds);
    const current = this.prefix?.address;
    if (first === undefined || (current && addresses.some((address) => ipv6Equals(address, current)))) return;
    this.prefix = { address: first, length: 128 };
    moved();
  }
}
