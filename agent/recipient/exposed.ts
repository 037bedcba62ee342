/**
 * What is exposed to peers while the daemon runs: what the configuration says, and what was said since. It outlasts `down`
 * and `up`; a bump that is up follows it.
 */
import type { ExposedPorts } from '../../install/table-recipient.ts';
import type { RecipientConfig } from '../config/config.ts';
import { EVERYTHING, formatPorts, NOTHING, type Ports, withoutPorts, withPorts } from '../config/ports.ts';

/** Makes peers reach exactly these ports. Throws when it cannot; then it is as it was before. */
export type Follower = (exposed: ExposedPorts) => void;

export class Exposed {
  #ports: ExposedPorts;
  #follower: Follower | undefined;

  constructor({ expose, unclaimed }: RecipientConfig) {
    this.#ports = expose.reduce(withPorts, unclaimed ? EVERYTHING : NOTHING);
  }

  /** As texts: `tcp/8080`, `udp/5000-5010`. */
  get list(): readonly string[] {
    return formatPorts(this.#ports);
  }

  /** Adds ports; those that are exposed already stay so. Throws when that cannot be done; then nothing changes. */
  expose(ports: readonly Ports[]): void {
    this.#become(ports.reduce(withPorts, this.#ports));
  }

  /** Takes ports away, exposed or not. Throws when that cannot be done; then nothing changes. */
  unexpose(ports: readonly Ports[]): void {
    this.#become(ports.reduce(withoutPorts, this.#ports));
  }

  /** Has `follower` called now and at every change, until the function that is returned is called. */
  follow(follower: Follower): () => void {
    follower(this.#ports);
    this.#follower = follower;
    return () => {
      this.#follower = undefined;
    };
  }

  #become(ports: ExposedPorts): void {
    this.#follower?.(ports);
    this.#ports = ports;
  }
}
