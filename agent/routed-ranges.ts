/** The IPv4 prefixes that lead to the device and are guarded, as the ranges of the spool come and go (M3). */
import type { Host } from '../install/host.ts';
import { ownCommands, type TableSettings } from '../install/table.ts';

export interface RoutedRangesParts {
  readonly host: Host;
  readonly nft: { run(commands: string): unknown };
  readonly settings: TableSettings;
  /** Which of our tables there are. */
  readonly families: readonly ('inet' | 'arp')[];
}

export class RoutedRanges {
  readonly #parts: RoutedRangesParts;
  #routed: readonly string[];

  constructor(parts: RoutedRangesParts) {
    this.#parts = parts;
    this.#routed = [parts.settings.spool];
  }

  /**
   * Guards exactly these prefixes and removes routes to others. `makeRoutes` routes them, and is told whether they are others
   * than before. What is routed is guarded: before it is, and until it is not any more. Rejects with what could not be
   * done; calling again goes on.
   */
  async follow(wanted: readonly string[], makeRoutes: (isMoved: boolean) => Promise<void>): Promise<void> {
    const before = this.#routed;
    const isMoved = wanted.join() !== before.join();
    const all = [...new Set([...before, ...wanted])];
    if (isMoved) this.#guard(all);
    this.#routed = all;
    await makeRoutes(isMoved);
    if (isMoved) {
      for (const prefix of before) if (!wanted.includes(prefix)) await this.#removeRoute(prefix);
      this.#guard(wanted);
    }
    this.#routed = wanted;
  }

  #guard(prefixes: readonly string[]): void {
    const { nft, settings, families } = this.#parts;
    nft.run(ownCommands(settings, prefixes, families));
  }

  /** It may have gone already. */
  async #removeRoute(prefix: string): Promise<void> {
    const { host, settings } = this.#parts;
    try {
      await host.run(['ip', '-4', 'route', 'del', prefix, 'dev', settings.device]);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('No such process'))) throw error;
    }
  }
}
