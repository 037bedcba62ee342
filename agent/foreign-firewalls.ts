/** The firewalls of others (S15): which of their chains drop translated packets, and opening them where that is wanted. */
import { type BlockingChain, type FirewallQuestion, findBlockingChains } from '../install/firewall.ts';
import type { Host } from '../install/host.ts';
import type { Journal } from '../install/journal.ts';
import { openingStep } from '../install/opening.ts';
import { apply } from '../install/step.ts';
import type { Instance } from './instance.ts';
import type { Log } from './log.ts';
import type { Repairs } from './repairs.ts';

export interface ForeignFirewallsParts {
  readonly instance: Pick<Instance, 'table' | 'device'>;
  /** With nft in this process. */
  readonly host: Host;
  readonly log: Log;
  readonly journal: Pick<Journal, 'note'>;
  readonly repairs: Repairs;
  /** Whether to open what is closed, or only to say so. */
  readonly opens: boolean;
}

/** Where packets have to pass. */
type Way = Required<Pick<FirewallQuestion, 'uplinks' | 'isExposed'>>;

export class ForeignFirewalls {
  readonly #parts: ForeignFirewallsParts;
  #blocking: readonly BlockingChain[] = [];

  constructor(parts: ForeignFirewallsParts) {
    this.#parts = parts;
  }

  /** The chains that drop translated packets, as of the last look. */
  get blocking(): readonly BlockingChain[] {
    return this.#blocking;
  }

  /** Looks at all of them, and opens those that may be. Rejects when `nft` cannot be run or the journal written. */
  async look(leg: Way): Promise<void> {
    this.#blocking = await this.#find(leg);
    if (!this.#parts.opens || this.#blocking.length === 0 || !this.#parts.repairs.may('the opened firewall')) return;
    for (const chain of this.#blocking) await this.#open(chain);
    this.#blocking = await this.#find(leg);
  }

  /** A chain that cannot be opened stays a reason to be degraded. */
  async #open(chain: BlockingChain): Promise<void> {
    const { host, journal, log } = this.#parts;
    const step = openingStep(chain);
    if (step === undefined) return;
    journal.note([step]);
    try {
      await apply([step], host);
      log.warn({ rules: chain.rules }, `Opened chain ${chain.chain} of table ${chain.family} ${chain.table}`);
    } catch (error) {
      log.error({ err: error }, `Cannot ${step.title}`);
    }
  }

  #find({ uplinks, isExposed }: Way): Promise<BlockingChain[]> {
    const { host, instance } = this.#parts;
    return findBlockingChains(host, { table: instance.table, device: instance.device, uplinks, isExposed });
  }
}
