/**
 * The dedicated addresses of the uplinks (`source = "dedicated"`): one in each prefix that programs of this host may have an
 * address of, so that translated flows have a source nobody else has, end to end. They come and go with the prefixes.
 */

import { dedicatedAddress, dedicatedStep } from '../install/dedicated.ts';
import type { Host } from '../install/host.ts';
import type { Journal } from '../install/journal.ts';
import { apply, undo } from '../install/step.ts';
import { formatIpv6, ipv6FromOctets, ipv6ToOctets } from '../mapper/address/ipv6.ts';
import { parseIpv6Prefix } from '../mapper/address/prefix.ts';
import type { Log } from './log.ts';
import { type PreferredSource, usualSources } from './network/flow-sources.ts';
import type { NetworkInterface } from './network/observe.ts';
import type { Repairs } from './repairs.ts';

/** As many addresses are tried until one is found that nobody has (RFC 7217 §7, IDGEN_RETRIES). */
const MOST_ATTEMPTS = 3;

export interface DedicatedAddressesParts {
  readonly host: Host;
  readonly journal: Pick<Journal, 'note'>;
  readonly repairs: Pick<Repairs, 'may'>;
  readonly log: Log;
  /** Makes the addresses ones that nobody can guess, and the same after a restart. */
  readonly secret: string;
}

/** What has become of an address that is wanted: `pending` while the kernel asks whether somebody has it. */
type Condition = 'absent' | 'pending' | 'ready' | 'duplicate';

export class DedicatedAddresses {
  readonly #parts: DedicatedAddressesParts;
  /** How many addresses of a place others had: `eth0 2001:db8::/64`. */
  readonly #attempts = new Map<string, number>();
  /** Those we gave, by place. */
  #given: ReadonlyMap<string, PreferredSource> = new Map();
  #ready: readonly PreferredSource[] = [];
  #isPending = false;

  constructor(parts: DedicatedAddressesParts) {
    this.#parts = parts;
  }

  /** Those that flows may have, in the order in which the kernel has their prefixes. */
  get ready(): readonly PreferredSource[] {
    return this.#ready;
  }

  /** Whether there are some that may be had in a second or two. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /**
   * Makes them fit the interfaces as they were just observed. To be called again whenever anything of the network changes,
   * which having become ready is, too. Rejects with what could not be done.
   */
  async follow(interfaces: readonly NetworkInterface[], uplinks: readonly string[]): Promise<void> {
    const wanted = interfaces.flatMap((link) => this.#wantedOn(link, uplinks));
    await this.#takeBack(wanted);
    const ready: PreferredSource[] = [];
    this.#isPending = false;
    for (const each of wanted) {
      const condition = await this.#settle(each, interfaces);
      if (condition === 'ready') ready.push(each);
      this.#isPending ||= condition === 'pending';
    }
    this.#ready = ready;
  }

  /** Those of an uplink, and of what was one when it got them. */
  #wantedOn(link: NetworkInterface, uplinks: readonly string[]): PreferredSource[] {
    const attemptAt = (place: string): number => this.#attempts.get(place) ?? 0;
    const isUplink = uplinks.includes(link.name);
    return dedicatedOn(link, this.#parts.secret, attemptAt).filter(
      (each) => isUplink || this.#given.has(placeOf(each)),
    );
  }

  /** Takes back what is not wanted any more, as when a prefix has gone. */
  async #takeBack(wanted: readonly PreferredSource[]): Promise<void> {
    const kept = new Map(wanted.map((each) => [placeOf(each), each]));
    const given = [...this.#given];
    const old = given.filter(([place, { source }]) => kept.get(place)?.source !== source);
    this.#given = new Map(given.filter(([place]) => !old.some(([other]) => other === place)));
    const steps = old.map(([, { device, source }]) => dedicatedStep(device, source));
    for (const failure of await undo(steps, this.#parts.host)) this.#parts.log.warn({ err: failure }, failure.message);
  }

  /** Gives the address where it is not there, and says what has become of it. */
  async #settle(each: PreferredSource, interfaces: readonly NetworkInterface[]): Promise<Condition> {
    const { host, journal, log, repairs } = this.#parts;
    const place = placeOf(each);
    const condition = conditionOf(each, interfaces);
    const step = dedicatedStep(each.device, each.source);
    if (condition === 'duplicate') {
      log.warn({ ...each }, 'Somebody else has the dedicated address: another is taken');
      this.#attempts.set(place, (this.#attempts.get(place) ?? 0) + 1);
      this.#given = new Map([...this.#given].filter(([other]) => other !== place));
      await undo([step], host);
      return (this.#attempts.get(place) ?? 0) < MOST_ATTEMPTS ? 'pending' : 'absent';
    }
    if (condition !== 'absent') {
      this.#given = new Map([...this.#given, [place, each]]);
      return condition;
    }
    if (this.#given.has(place)) {
      log.warn({ ...each }, 'Somebody took the dedicated address away');
      if (!repairs.may('the dedicated addresses')) return 'absent';
    }
    journal.note([step]);
    await apply([step], host);
    this.#given = new Map([...this.#given, [place, each]]);
    return 'pending';
  }
}

/** The dedicated addresses of an interface with neighbours: one for each prefix; after `attemptAt(place)` that others had. */
export function dedicatedOn(
  link: NetworkInterface,
  secret: string,
  attemptAt: (place: string) => number = () => 0,
): PreferredSource[] {
  if (!link.hasNeighbours) return [];
  return usualSources(link).flatMap(({ device, prefix }) => {
    const attempt = attemptAt(placeOf({ device, prefix }));
    const parsed = parseIpv6Prefix(prefix);
    if (parsed === undefined || attempt >= MOST_ATTEMPTS) return [];
    const octets = { octets: ipv6ToOctets(parsed.address), length: parsed.length };
    const address = dedicatedAddress(octets, device, attempt, secret);
    return address === undefined ? [] : [{ device, prefix, source: formatIpv6(ipv6FromOctets(address)) }];
  });
}

function placeOf({ device, prefix }: Pick<PreferredSource, 'device' | 'prefix'>): string {
  return `${device} ${prefix}`;
}

function conditionOf({ device, source }: PreferredSource, interfaces: readonly NetworkInterface[]): Condition {
  const link = interfaces.find(({ name }) => name === device);
  const found = link?.addresses.find(({ address }) => address === source);
  if (found === undefined) return 'absent';
  if (found.isDuplicate) return 'duplicate';
  return found.isReady ? 'ready' : 'pending';
}
