/**
 * Whose packets translated ones are on their way out: the source of new flows, as routes, prefixes and their routers, and
 * addresses of our own come and go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetFlows } from '../install/conntrack.ts';
import { dedicatedCommands } from '../install/dedicated.ts';
import type { TableSettings } from '../install/table.ts';
import { DedicatedAddresses, type DedicatedAddressesParts } from './dedicated-addresses.ts';
import { FollowedSources, type FollowedSourcesParts } from './followed-sources.ts';
import type { PreferredSource } from './network/flow-sources.ts';
import type { Surroundings } from './network/surroundings.ts';

/** How long starting waits for an address until it is certain that nobody else has it: it takes the kernel two seconds. */
const WAIT_MILLISECONDS = 100;
const MOST_WAITS = 30;

/** What is followed. */
export type SourceSurroundings = Pick<
  Surroundings,
  'renew' | 'interfaces' | 'uplinks' | 'sources' | 'detached' | 'isOwn'
>;

export interface LegSourcesParts extends Omit<DedicatedAddressesParts, 'secret'> {
  readonly nft: FollowedSourcesParts['nft'];
  readonly settings: TableSettings;
}

export class LegSources {
  readonly #parts: LegSourcesParts;
  readonly #followed: FollowedSources;
  /** `undefined` where all is masqueraded. */
  readonly #dedicated: DedicatedAddresses | undefined;

  constructor(parts: LegSourcesParts) {
    const { nft, settings } = parts;
    this.#parts = parts;
    this.#followed = new FollowedSources({ nft, settings, forgetFlows });
    if (settings.dedicated === true) this.#dedicated = new DedicatedAddresses({ ...parts, secret: settings.ula });
  }

  /** The addresses that only translated packets have. */
  get dedicated(): readonly PreferredSource[] {
    return this.#dedicated?.ready ?? [];
  }

  /** Makes them fit. Rejects with what could not be done. */
  async follow(surroundings: SourceSurroundings): Promise<void> {
    const { nft, settings } = this.#parts;
    await this.#dedicated?.follow(surroundings.interfaces, surroundings.uplinks);
    const { dedicated } = this;
    const addresses = dedicated.map(({ source }) => source);
    if (this.#dedicated !== undefined) nft.run(dedicatedCommands(settings, addresses));
    const detached = surroundings.detached.map(({ prefix }) => prefix);
    await this.#followed.follow(surroundings.sources(dedicated), (address) => surroundings.isOwn(address), detached);
  }

  /** Waits until dedicated addresses may be used, so that no flow begins with another; not for ever. */
  async settle(surroundings: SourceSurroundings): Promise<void> {
    for (let waits = 0; this.#dedicated?.isPending === true && waits < MOST_WAITS; waits++) {
      await sleep(WAIT_MILLISECONDS);
      await surroundings.renew();
      await this.follow(surroundings);
    }
  }
}
