/**
 * Forwarding between the device and the uplinks as these come and go (`install/forwarding.ts`), with the guard that keeps
 * the host from forwarding anything else.
 */
import { chooseForwarding, type ForwardingObservation, observeForwarding } from '../install/forwarding.ts';
import type { Host } from '../install/host.ts';
import { apply, type Step, undo } from '../install/step.ts';
import type { Log } from './log.ts';

export interface ForwardingParts {
  readonly device: string;
  readonly host: Host;
  readonly log: Log;
  /** From now on packets that come in by exactly these interfaces reach the device and nothing else. */
  readonly guard: (interfaces: readonly string[]) => void;
}

export class Forwarding {
  readonly #parts: ForwardingParts;
  /** What was done, in order; each step once, however often its interface came and went. */
  #done: readonly Step[] = [];
  /** Interfaces that forward because of us: they stay guarded until `stop`, uplinks or not. */
  #ours: readonly string[] = [];
  /** Whether `all.forwarding` was set by us. */
  #isRouter = false;
  #said = '';

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /**
   * Lets packets pass between the device and these interfaces. Rejects with what could not be done; then the interfaces
   * are guarded all the same. To be called again whenever anything of the network changes.
   */
  async follow(uplinks: readonly string[]): Promise<void> {
    const { device, host, guard } = this.#parts;
    const choice = chooseForwarding(this.#withoutOurs(await observeForwarding(host, device, uplinks)));
    // An uplink found forced may be what a killed agent left, so it is guarded like those that are forced now.
    const forced = choice.way === 'force' ? uplinks : [];
    this.#ours = [...new Set([...this.#ours, ...choice.guarded, ...forced])];
    guard(choice.way === 'already' ? [] : this.#ours);
    this.#isRouter ||= choice.way === 'router';
    // Noted before it is done: a step that fails halfway is undone too, and undoing what was not done does nothing.
    const isNew = ({ title }: Step): boolean => !this.#done.some((step) => step.title === title);
    this.#done = [...this.#done, ...choice.steps.filter(isNew)];
    await apply(choice.steps, host);
    this.#say(uplinks, choice.way, choice.reasons);
  }

  /** Undoes everything, in reverse. Rejects with all that could not be. */
  async stop(): Promise<void> {
    const failures = await undo(this.#done, this.#parts.host);
    this.#done = [];
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
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
