/**
 * Explicit mappings while the daemon runs (M17): what the configuration says, and what was said since. They outlast `down`
 * and `up`. One never takes over what is held: it waits until that has ended, unless somebody said `--now`.
 */
import {
  formatIpv4Prefix,
  type Ipv4Prefix,
  type Ipv6Prefix,
  ipv4PrefixesOverlap,
} from '../../mapper/address/prefix.ts';
import type { AddressMapper } from '../../mapper/address-mapper.ts';
import { type ExplicitEntry, formatExplicitIpv4, formatExplicitIpv6 } from '../../mapper/explicit-entry.ts';
import { ExplicitMap } from '../../mapper/explicit-map.ts';
import type { ExplicitPair } from '../../mapper/explicit-pair.ts';
import { LiveExplicitMap } from '../../mapper/live-explicit-map.ts';
import { addressProblem } from '../../mapper/range.ts';
import type { ExplicitRow } from '../control/agent.ts';
import { BadRequest, Conflict } from '../control/bad-request.ts';
import { everySoOften } from '../every-so-often.ts';
import type { Log } from '../log.ts';
import { FollowedName, type ResolveName } from './followed-name.ts';
import { PeersWithin, type PeersWithinParts } from './peers-within.ts';

/** The longest prefixes make sense for hosts, the shortest is that of 10.0.0.0/8. */
const SHORTEST = 8;

/** How often what waits is looked at. */
const TEND_MILLISECONDS = 1000;

/** The bump that is up. */
export interface ExplicitSurroundings {
  /** IPv4 prefixes that are ours for something else: the spool's ranges and the self range. */
  readonly reserved: () => readonly Ipv4Prefix[];
  readonly mapper: PeersWithinParts['mapper'] & Pick<AddressMapper, 'addressOf'>;
  readonly newcomers: PeersWithinParts['newcomers'];
  readonly resolve: ResolveName;
  /** The table is another one now. */
  readonly changed: () => void;
}

interface Row {
  readonly entry: ExplicitEntry;
  readonly isConfigured: boolean;
  /** For an entry that names a host. */
  readonly name: FollowedName | undefined;
  /** What it stands for now; `undefined` before the name was resolved. */
  active: Ipv6Prefix | undefined;
  readonly isForced: boolean;
  /** What makes way for a prefix. */
  search: PeersWithin | undefined;
}

export class ExplicitMappings {
  /** The mappings that hold now. */
  readonly map = new LiveExplicitMap();
  readonly #rows = new Map<string, Row>();
  readonly #log: Log;
  #live: ExplicitSurroundings | undefined;

  constructor(entries: readonly ExplicitEntry[], log: Log) {
    this.#log = log;
    for (const entry of entries) this.#put(entry, true, false);
  }

  /** In order of their IPv4 prefixes. */
  get list(): readonly ExplicitRow[] {
    const rows = [...this.#rows.values()].toSorted((a, b) => a.entry.ipv4.address - b.entry.ipv4.address);
    return rows.map(({ entry, isConfigured, name, active }) => {
      const wanted = name === undefined ? prefixOf(entry) : name.prefix;
      return {
        ipv4: formatExplicitIpv4(entry.ipv4),
        ipv6: wanted === undefined ? null : formatExplicitIpv6(wanted),
        name: name?.name ?? null,
        isConfigured,
        state: wanted === undefined ? 'unresolved' : active === wanted ? 'active' : 'waiting',
      };
    });
  }

  /** The pairs that hold now. */
  get pairs(): readonly ExplicitPair[] {
    return [...this.#rows.values()].flatMap(({ entry: { ipv4 }, active }) =>
      active === undefined ? [] : [{ ipv4, ipv6: active }],
    );
  }

  /** The IPv4 prefixes of all entries, whether they hold now or not. */
  get prefixes(): readonly Ipv4Prefix[] {
    return [...this.#rows.values()].map(({ entry }) => entry.ipv4);
  }

  /** Puts everything into force that can be, until the function that is returned is called. */
  follow(live: ExplicitSurroundings): () => void {
    this.#live = live;
    this.tend();
    const end = everySoOften(TEND_MILLISECONDS, () => this.tend());
    return () => {
      end();
      this.#live = undefined;
      for (const row of this.#rows.values()) {
        this.#endSearch(row);
        row.active = undefined;
      }
      this.#publish();
    };
  }

  /**
   * Adds an entry, or replaces that of the same IPv4 prefix. With `isForced` it takes over at once, whatever is held. Throws a
   * `BadRequest` when it can never be, a `Conflict` when something is in its way, and everything stays as it was.
   */
  add(entry: ExplicitEntry, isForced: boolean): void {
    const cannot = `Cannot map ${formatExplicitIpv4(entry.ipv4)}`;
    const problem = problemOf(entry);
    if (problem !== undefined) throw new BadRequest(`${cannot}: ${problem}`);
    const ours = this.#reservedIn(entry);
    if (ours !== undefined) throw new Conflict(`${cannot}: it overlaps ${ours}, which bis hands out itself`);
    const others = this.pairs.filter(({ ipv4 }) => formatIpv4Prefix(ipv4) !== formatIpv4Prefix(entry.ipv4));
    try {
      const prefix = prefixOf(entry);
      if (prefix !== undefined) new ExplicitMap([...others, { ipv4: entry.ipv4, ipv6: prefix }]);
    } catch (error) {
      throw new Conflict(`Cannot map ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#put(entry, false, isForced);
    this.tend();
  }

  /** Ends an entry. Throws a `Conflict` when there is none. */
  remove(ipv4: Ipv4Prefix): void {
    const row = this.#rows.get(formatIpv4Prefix(ipv4));
    if (row === undefined) {
      throw new Conflict(`Cannot remove ${formatExplicitIpv4(ipv4)}: there is no such explicit mapping`);
    }
    this.#endSearch(row);
    this.#rows.delete(formatIpv4Prefix(ipv4));
    this.#publish();
  }

  /** Looks at what waits, and at names whose time to live has passed. To be called every second. */
  tend(): void {
    const live = this.#live;
    if (live === undefined) return;
    let isChanged = false;
    for (const row of this.#rows.values()) {
      row.name?.follow(live.resolve, () => this.tend());
      const wanted = row.name === undefined ? prefixOf(row.entry) : row.name.prefix;
      if (wanted === undefined || wanted === row.active || !this.#makeWay(live, row, wanted)) continue;
      row.active = wanted;
      isChanged = true;
    }
    if (isChanged) this.#publish();
  }

  #put(entry: ExplicitEntry, isConfigured: boolean, isForced: boolean): void {
    const name = 'name' in entry.to ? new FollowedName(entry.to.name) : undefined;
    const key = formatIpv4Prefix(entry.ipv4);
    const before = this.#rows.get(key);
    if (before !== undefined) this.#endSearch(before);
    this.#rows.set(key, { entry, isConfigured, name, active: undefined, isForced, search: undefined });
  }

  #publish(): void {
    try {
      this.map.replace(this.pairs);
      this.#live?.changed();
    } catch (error) {
      // Two names have the same address now: the table stays as it was until one of them moves on.
      this.#log.warn({ err: error }, 'Cannot change the explicit mappings');
    }
  }

  /** Ends the spool's mappings of the peers that are to be mapped explicitly. Returns whether none is left. */
  #makeWay(live: ExplicitSurroundings, row: Row, prefix: Ipv6Prefix): boolean {
    const { mapper } = live;
    if (prefix.length < 128) {
      row.search ??= new PeersWithin(live, prefix, row.isForced, () => this.tend());
      if (!row.search.makeWay()) return false;
      this.#endSearch(row);
      return true;
    }
    const address = mapper.addressOf(prefix.address);
    if (address === undefined) return true;
    if (!row.isForced && mapper.isHeld(address)) return false;
    mapper.remove(address, 'replaced');
    return true;
  }

  #endSearch(row: Row): void {
    row.search?.end();
    row.search = undefined;
  }

  /** The prefix that is in the way of an entry because we hand it out, as text. */
  #reservedIn({ ipv4 }: ExplicitEntry): string | undefined {
    const reserved = this.#live?.reserved().find((range) => ipv4PrefixesOverlap(range, ipv4));
    return reserved && formatIpv4Prefix(reserved);
  }
}

/** Why the IPv4 side can never be mapped. */
function problemOf({ ipv4 }: ExplicitEntry): string | undefined {
  if (ipv4.length < SHORTEST) return `it is not between /${SHORTEST} and /32`;
  const problem = addressProblem(ipv4);
  return problem && `it ${problem}`;
}

function prefixOf({ to }: ExplicitEntry): Ipv6Prefix | undefined {
  return 'prefix' in to ? to.prefix : undefined;
}
