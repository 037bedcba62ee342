/**
 * The recipient side of a bump that is up (RFC 2767 §2): which ports are exposed, who gets a mapping for that, and what
 * becomes of flows that began before it changed.
 */
import type { Flow } from '../../install/conntrack.ts';
import type { ExposedPorts, PortRange } from '../../install/table-recipient.ts';
import { type Ipv6Address, ipv6Equals } from '../../mapper/address/ipv6.ts';
import { isNothing, NOTHING, withoutAll } from '../config/ports.ts';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { Ipv6Leg } from '../ipv6-leg.ts';
import type { Log } from '../log.ts';

const UDP = 17;

export interface RecipientParts {
  readonly leg: Pick<Ipv6Leg, 'expose'>;
  readonly dataPlane: Pick<DataPlane, 'admitStrangers'>;
  /** Where exposed packets are sent. */
  readonly self6: Ipv6Address;
  readonly isOwn: (address: Ipv6Address) => boolean;
  readonly forgetFlows: (matches: (flow: Flow) => boolean) => Promise<unknown>;
  readonly log: Log;
}

export class Recipient {
  readonly #parts: RecipientParts;
  #exposed: ExposedPorts = NOTHING;
  #forgetting: Promise<void> = Promise.resolve();

  constructor(parts: RecipientParts) {
    this.#parts = parts;
  }

  /** Lets peers reach exactly these ports. Throws when that cannot be done; then it is as it was. */
  letIn(exposed: ExposedPorts): void {
    const { dataPlane, leg } = this.#parts;
    leg.expose(exposed);
    dataPlane.admitStrangers(!isNothing(exposed));
    const before = this.#exposed;
    this.#exposed = exposed;
    this.#forget([...withoutAll(before, exposed).udp, ...withoutAll(exposed, before).udp]);
  }

  /** Lets nobody in any more, and ends what peers began. Resolves when that is done; throws when it cannot be. */
  async close(): Promise<void> {
    this.letIn(NOTHING);
    const { self6 } = this.#parts;
    // Or what is tracked would go on sending packets to an address that is not routed to us any more.
    this.#begin(({ answering }) => ipv6Equals(answering, self6));
    await this.#forgetting;
  }

  /**
   * Has UDP flows to these ports begin anew. Those of TCP need not: what was refused is forgotten by itself, and what is
   * exposed no more the forward chain resets.
   */
  #forget(ports: readonly PortRange[]): void {
    if (ports.length === 0) return;
    const { isOwn, self6 } = this.#parts;
    this.#begin(({ protocol, port, destination, answering }) => {
      if (protocol !== UDP || !ports.some(({ first, last }) => port >= first && port <= last)) return false;
      return ipv6Equals(answering, self6) || (ipv6Equals(answering, destination) && isOwn(destination));
    });
  }

  #begin(matches: (flow: Flow) => boolean): void {
    const { forgetFlows, log } = this.#parts;
    this.#forgetting = this.#forgetting
      .then(async () => void (await forgetFlows(matches)))
      .catch((error: unknown) => log.warn({ err: error }, 'UDP flows that began before go on as they were'));
  }
}
