/** What the control plane keeps for each position, in columns: a million mappings are no million objects. */
import type { Ipv4Address } from './address/ipv4.ts';
import { Ipv6Words, ipv6 } from './address/ipv6.ts';
import type { Mapping, MappingIndex } from './mapping.ts';
import type { Spool } from './spool.ts';

/** Names kept with a mapping; the oldest goes first. */
const MOST_NAMES = 8;
/** Names are kept in pages of so many positions, made when the first of them has one. */
const PAGE = 1 << 14;

const flag = { MAPPED: 1, STRANGER: 2 } as const;

/** None, the only one, or several, the newest last. */
type Names = undefined | string | readonly string[];

export class MappingRows {
  /** Seconds since 1970: when it was made, promised last, and until when it is promised. */
  readonly createdAt: Uint32Array;
  readonly usedAt: Uint32Array;
  readonly promisedUntil: Uint32Array;
  readonly #flags: Uint8Array;
  readonly #names: Names[][] = [];
  readonly #spool: Spool;
  readonly #index: MappingIndex;
  readonly #address = new Ipv6Words();

  constructor(spool: Spool, index: MappingIndex) {
    this.createdAt = new Uint32Array(spool.size);
    this.usedAt = new Uint32Array(spool.size);
    this.promisedUntil = new Uint32Array(spool.size);
    this.#flags = new Uint8Array(spool.size);
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
    this.createdAt[position] = now;
    this.usedAt[position] = now;
    this.promisedUntil[position] = 0;
    this.mark(position, isStranger);
  }

  mark(position: number, isStranger: boolean): void {
    this.#flags[position] = isStranger ? flag.MAPPED | flag.STRANGER : flag.MAPPED;
  }

  /** Forgets the mapping, but not until when it was promised. */
  end(position: number): void {
    this.#flags[position] = 0;
    const page = this.#names[Math.floor(position / PAGE)];
    if (page !== undefined) page[position % PAGE] = undefined;
  }

  names(position: number): readonly string[] {
    const names = this.#names[Math.floor(position / PAGE)]?.[position % PAGE];
    return names === undefined ? [] : typeof names === 'string' ? [names] : names;
  }

  setNames(position: number, names: readonly string[]): void {
    this.#put(position, names.length > 1 ? names.slice(-MOST_NAMES) : names[0]);
  }

  addName(position: number, name: string): void {
    const names = this.#names[Math.floor(position / PAGE)]?.[position % PAGE];
    if (names === undefined) this.#put(position, name);
    else if (typeof names === 'string' ? names !== name : names.at(-1) !== name) {
      const others = typeof names === 'string' ? [names] : names.filter((other) => other !== name);
      this.#put(position, [...others, name].slice(-MOST_NAMES));
    }
  }

  /** The mapping at a position; `undefined` when there is none. */
  mapping(position: number): Mapping | undefined {
    if (!this.isMapped(position) || !this.#index.read(position, this.#address)) return undefined;
    const { w0, w1, w2, w3 } = this.#address;
    return {
      ipv4: this.#spool.address(position),
      ipv6: ipv6(w0, w1, w2, w3),
      names: this.names(position),
      createdAt: this.createdAt[position] as number,
      promisedUntil: this.promisedUntil[position] as number,
      isStranger: this.isStranger(position),
    };
  }

  mappingOf(address: Ipv4Address): Mapping | undefined {
    const position = this.#spool.position(address);
    return position < 0 ? undefined : this.mapping(position);
  }

  #put(position: number, names: Names): void {
    const number = Math.floor(position / PAGE);
    let page = this.#names[number];
    if (page === undefined) {
      if (names === undefined) return;
      page = new Array<Names>(PAGE).fill(undefined);
      this.#names[number] = page;
    }
    page[position % PAGE] = names;
  }
}
