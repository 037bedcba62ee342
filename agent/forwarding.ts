/**
 * Forwarding between the device and the uplinks as these come and go (`install/forwarding.ts`), with the guard that keeps
 * the host from forwarding anything else.
 */
import {
  chooseForwarding,
  type ForwardingObservation,
  neededSysctls,
  observeForwarding,
} from '../install/forwarding.ts';
import type { Host } from '../install/host.ts';
import type { Journal } from '../install/journal.ts';
import { apply } from '../install/step.ts';
import type { Log } from './log.ts';
import type { Repairs } from './repairs.ts';

export interface ForwardingParts {
  readonly device: string;
  readonly host: Host;
  readonly log: Log;
  readonly repairs: Pick<Repairs, 'may' | 'givenUp'>;
  /** Where it is noted how to undo what is done; whoever has the journal undoes it. */
  readonly journal: Pick<Journal, 'note'>;
  /** From now on packets that come in by exactly these interfaces reach the device and nothing else. */
  readonly guard: (interfaces: readonly string[]) => void;
  /** Whether a sysctl, which is looked at all the time, is there and 0. */
  readonly isZero: (path: string) => boolean;
}

export class Forwarding {
  readonly #parts: ForwardingParts;
  /** Interfaces that forward because of us: they stay guarded until the end, uplinks or not. */
  #ours: readonly string[] = [];
  /** Whether `all.forwarding` was set by us. */
  #isRouter = false;
  #guarded: readonly string[] = [];
  /** The sysctls that were on after the last time, without which nothing passes. */
  #needed: readonly string[] = [];
  #said = '';

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /**
   * Lets packets pass between the device and these interfaces, again too where somebody has ended it (S6). Rejects with
   * what could not be done; then the interfaces are guarded all the same. To be called again whenever anything of the
   * network changes.
   */
  async follow(uplinks: readonly string[]): Promise<void> {
    const { device, host, guard, journal, log, repairs } = this.#parts;
    const observation = await observeForwarding(host, device, uplinks);
    const choice = chooseForwarding(this.#withoutOurs(observation));
    // An uplink found forced may be what a killed agent left, so it is guarded like those that are forced now.
    const forced = choice.way === 'force' ? uplinks : [];
    this.#ours = [...new Set([...this.#ours, ...choice.guarded, ...forced])];
    this.#guarded = choice.way === 'already' ? [] : this.#ours;
    guard(this.#guarded);
    this.#isRouter ||= choice.way === 'router';
    if (choice.steps.length > 0 && !this.#isWhole) {
      log.warn('Somebody changed forwarding');
      if (!repairs.may('forwarding')) return;
    }
    // Before they are done: a step that fails halfway is undone too, and undoing what was not done does nothing.
    journal.note(choice.steps);
    await apply(choice.steps, host);
    this.#needed = neededSysctls(choice.way, observation);
    this.#say(uplinks, choice.way, choice.reasons);
  }

  /**
   * Whether somebody has ended forwarding, and it is to be mended. The kernel does not announce it: whoever sets
   * `all.forwarding` to 0, even where it is 0 already, clears `force_forwarding` everywhere. Looks at a file or two.
   */
  get isEnded(): boolean {
    return !this.#isWhole && !this.#parts.repairs.givenUp.includes('forwarding');
  }

  /** What has no such file any more is an interface that went. */
  get #isWhole(): boolean {
    return !this.#needed.some((path) => this.#parts.isZero(path));
  }

  /** The interfaces that are guarded now. */
  get guarded(): readonly string[] {
    return this.#guarded;
  }

  /**
   * The observation without `all.forwarding` of our own making, which would look like somebody else's: interfaces that
   * came since would not be guarded.
   */
  #withoutOurs(observation: ForwardingObservation): ForwardingObservation {
    if (!this.#isRouter) return observation;
    const reset = (interfaces: ForwardingObservation['ours']): ForwardingObservation['ours'] =>
      interfaces.map((each) => ({ ...each, forwarding: '0' }));
    return { all: '0', ours: reset(observation.ours), others: reset(observation.others) };
  }

  #say(uplinks: readonly string[], way: string, reasons: readonly string[]): void {
    const text = JSON.stringify([uplinks, way, reasons]);
    if (text === this.#said) return;
    this.#said = text;
    this.#parts.log.info({ uplinks, way, reasons }, 'Forwarding between the device and the uplinks');
  }
}
