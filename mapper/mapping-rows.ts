/** What the control plane keeps for each position, in columns: a million mappings are no million objects. */
import type { Ipv4Address } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import type { Mapping, MappingIndex } from './mapping.ts';
import { type MappingTimes, time } from './mapping-times.ts';
import { PackedNames } from './packed-names.ts';
import type { Spool } from './spool.ts';

const flag = { MAPPED: 1, STRANGER: 2 } as const;

export class MappingRows {
  readonly times: MappingTimes;
  readonly #flags: Uint8Array;
  readonly #names: PackedNames;
  readonly #spool: Spool;
  readonly #index: MappingIndex;
  readonly #address = new Ipv6Words();

  constructor(spool: Spool, index: MappingIndex) {
    this.times = index.times;
    this.#flags = new Uint8Array(spool.size);
    this.#names = new PackedNames(spool.size);
    this.#spool = spool;
    this.#index = index;
  }

  isMapped(position: number): boolean {
    return this.#flags[position] !== 0;
  }

  isStranger(position: number): boolean {
    return this.#flags[position] === (flag.MAPPED | flag.STRANGER);
  }

  begin(position: number, now: number, isStranger: boolean): void {
    const { times } = this;
    times.set(position, time.CREATED, now);
    times.set(position, time.USED, now);
    times.set(position, time.PROMISED, 0);
    this.mark(position, isStranger);
  }

  mark(position: number, isStranger: boolean): void {
    this.#flags[position] = isStranger ? flag.MAPPED | flag.STRANGER : flag.MAPPED;
  }

  /** Forgets the mapping, but not until when it was promised. */
  end(position: number): void {
    this.#flags[position] = 0;
    this.#names.clear(position);
  }

  names(position: number): readonly string[] {
    return this.#names.get(position);
  }

  setNames(position: number, names: readonly string[]): void {
    this.#names.set(position, names);
  }

  addName(position: number, name: string): void {
    this.#names.add(position, name);
  }

  /** The mapping at a position; `undefined` when there is none. */
  mapping(position: number): Mapping | undefined {
    if (!this.isMapped(position) || !this.#index.read(position, this.#address)) return undefined;
    const { w0, w1, w2, w3 } = this.#address;
    return {
      ipv4: this.#spool.address(position),
      ipv6: ipv6(w0, w1, w2, w3),
      names: this.names(position),
      createdAt: this.times.get(position, time.CREATED),
      promisedUntil: this.times.get(position, time.PROMISED),
      isStranger: this.isStranger(position),
    };
  }

  mappingOf(address: Ipv4Address): Mapping | undefined {
    const position = this.#spool.position(address);
    return position < 0 ? undefined : this.mapping(position);
  }
}
