/**
 * Values for the IPv4 identification field (RFC 7915 §5.1, RFC 6864 §4.1): no value comes twice for the same source,
 * destination and protocol before 65,535 others have.
 */

/** How many counters there are, a power of two. Flows that share one only use its values up faster. */
const COUNTERS = 1024;

/** Counters chosen by a hash of addresses and protocol. */
export class Identifications {
  readonly #counters = new Uint16Array(COUNTERS);

  /** `random` fills the counters' first values, so that what is on the wire says nothing about other flows. */
  constructor(random?: (counters: Uint16Array) => void) {
    random?.(this.#counters);
  }

  /**
   * The next value for packets between two addresses (as words), 0 to 65,535, and as many after it as make `count`: a
   * kernel that cuts a packet into segments counts on from the first.
   */
  next(source: number, destination: number, protocol: number, count = 1): number {
    const mixed = Math.imul(source ^ Math.imul(destination, 0x85ebca6b) ^ protocol, 0x9e3779b1);
    const counter = mixed >>> 22;
    const value = this.#counters[counter] as number;
    this.#counters[counter] = value + count;
    return value;
  }
}
