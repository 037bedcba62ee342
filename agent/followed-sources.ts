/** The sources that routes name, kept in force: rules for new flows, and no flow with an address that is gone. */

import type { Flow } from '../install/conntrack.ts';
import { type SourceRule, sourcesCommands } from '../install/table-sources.ts';
import { formatIpv6, type Ipv6Address, parseIpv6 } from '../mapper/address/ipv6.ts';

export interface FollowedSourcesParts {
  readonly nft: { run(commands: string): unknown };
  readonly settings: { readonly table: string; readonly device: string };
  readonly forgetFlows: (matches: (flow: Flow) => boolean) => Promise<unknown>;
}

export class FollowedSources {
  readonly #parts: FollowedSourcesParts;
  #commands = '';
  /** Addresses that flows may have got. */
  #used: ReadonlySet<string> = new Set();

  constructor(parts: FollowedSourcesParts) {
    this.#parts = parts;
  }

  /**
   * Makes these the rules. Flows whose source is no address of the host any more are forgotten: with `masquerade` the kernel
   * does so itself, with `snat` it would go on sending in that name. Rejects with what could not be done.
   */
  async follow(
    rules: readonly SourceRule[],
    isOwn: (address: Ipv6Address) => boolean,
    detached: readonly string[] = [],
  ): Promise<void> {
    const { nft, settings, forgetFlows } = this.#parts;
    const isThere = (source: string): boolean => {
      const address = parseIpv6(source);
      return address !== undefined && isOwn(address);
    };
    const valid = rules.filter(({ source }) => source === undefined || isThere(source));
    const commands = sourcesCommands(settings, valid, detached);
    if (commands !== this.#commands) nft.run(commands);
    this.#commands = commands;
    const used = new Set([...this.#used, ...valid.flatMap(({ source }) => source ?? [])]);
    const gone = new Set([...used].filter((source) => !isThere(source)));
    this.#used = used;
    if (gone.size === 0) return;
    const hasGone = ({ answered }: { answered: Ipv6Address }): boolean => gone.has(formatIpv6(answered));
    await forgetFlows(hasGone);
    this.#used = new Set([...used].filter((source) => !gone.has(source)));
  }
}
