/** What leads to the device and is guarded, and its addresses, as the ranges of the spool come and go (M3). */
import type { Host } from '../install/host.ts';
import { ownCommands, type TableSettings } from '../install/table.ts';

export interface RoutedRangesParts {
  readonly host: Host;
  readonly nft: { run(commands: string): unknown };
  readonly settings: Omit<TableSettings, 'self'>;
  /** The addresses of the device, of which the first is the one it was made with. */
  readonly self: string;
  /** Whether there is our table of ARP. */
  readonly hasArp: boolean;
}

/** What leads to the device, and the addresses it has, as text. */
export interface Routed {
  readonly prefixes: readonly string[];
  readonly selves: readonly string[];
}

export class RoutedRanges {
  readonly #parts: RoutedRangesParts;
  #routed: Routed;

  constructor(parts: RoutedRangesParts) {
    this.#parts = parts;
    this.#routed = { prefixes: [parts.settings.spool], selves: [parts.self] };
  }

  /**
   * Guards exactly these prefixes and addresses, and removes routes and addresses that are others. `makeRoutes` makes those
   * that are wanted, and is told whether they are others than before. What is routed is guarded: before it is, and until it
   * is not any more. Rejects with what could not be done; calling again goes on.
   */
  async follow(wanted: Routed, makeRoutes: (isMoved: boolean) => Promise<void>): Promise<void> {
    const before = this.#routed;
    const isMoved = textOf(wanted) !== textOf(before);
    const all = {
      prefixes: [...new Set([...before.prefixes, ...wanted.prefixes])],
      selves: [...new Set([...before.selves, ...wanted.selves])],
    };
    if (isMoved) this.#guard(all);
    this.#routed = all;
    await makeRoutes(isMoved);
    if (isMoved) {
      for (const prefix of before.prefixes) if (!wanted.prefixes.includes(prefix)) await this.#remove('route', prefix);
      for (const self of before.selves) if (!wanted.selves.includes(self)) await this.#remove('address', `${self}/32`);
      this.#guard(wanted);
    }
    this.#routed = wanted;
  }

  #guard({ prefixes, selves }: Routed): void {
    const { nft, settings, hasArp } = this.#parts;
    nft.run(ownCommands({ ...settings, self: selves }, prefixes, hasArp));
  }

  /** It may have gone already. */
  async #remove(what: 'route' | 'address', prefix: string): Promise<void> {
    const { host, settings } = this.#parts;
    try {
      await host.run(['ip', '-4', what, 'del', prefix, 'dev', settings.device]);
    } catch (error) {
      if (!(error instanceof Error && /No such process|Cannot assign requested address/.test(error.message)))
        throw error;
    }
  }
}

function textOf({ prefixes, selves }: Routed): string {
  return `${prefixes.join()} ${selves.join()}`;
}
