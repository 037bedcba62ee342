/** The agent behind the control socket: what it tells and does, for as long as its life-cycle has a bump that is up. */
import type { Ipv4Prefix } from '../mapper/address/prefix.ts';
import type { ExplicitEntry } from '../mapper/explicit-entry.ts';
import type { Bump } from './bump.ts';
import type { Ports } from './config/ports.ts';
import type {
  AddressExplanation,
  Agent,
  ExplicitRow,
  FlushResult,
  MappingRow,
  NameExplanation,
  QuestionText,
  Resolution,
  Status,
  TraceEvent,
} from './control/agent.ts';
import type { ExplicitMappings } from './explicit/explicit-mappings.ts';
import { explainAddress, explainName, type InquiryParts, readQuestionText, resolve } from './inquiry.ts';
import { LifeCycle, type LifeCycleParts } from './life-cycle.ts';
import type { Exposed } from './recipient/exposed.ts';
import { statusOf } from './status.ts';

export interface RunningAgentParts extends LifeCycleParts {
  /** What peers may reach; a bump that is up follows it. */
  readonly exposed: Exposed;
  /** Fixed pairs; a bump that is up follows them. */
  readonly explicit: ExplicitMappings;
  /** Asks the process to end in order. */
  readonly onStop: () => void;
}

export class RunningAgent implements Agent {
  readonly #parts: RunningAgentParts;
  readonly #life: LifeCycle;

  constructor(parts: RunningAgentParts) {
    this.#parts = parts;
    this.#life = new LifeCycle(parts);
  }

  status(): Status {
    const { state, reasons, since, bump } = this.#life;
    return statusOf(state, reasons, since, this.#parts.exposed.list, bump?.status());
  }

  mappings(): Iterable<readonly MappingRow[]> {
    return this.#life.bump?.mappings() ?? [];
  }

  async *trace(signal: AbortSignal): AsyncGenerator<readonly TraceEvent[]> {
    if (this.#life.bump !== undefined) yield* this.#life.bump.trace(signal);
  }

  /** As `Agent` says; `starting` when this call is out of time and another one still waits for the same start. */
  async up(timeoutMs: number): Promise<Status> {
    await this.#life.up(timeoutMs);
    return this.status();
  }

  async down(timeoutMs: number): Promise<Status> {
    await this.#life.down(timeoutMs);
    return this.status();
  }

  async resolve(question: QuestionText): Promise<Resolution> {
    return resolve(this.#inquiry(), readQuestionText(question));
  }

  async explain(question: QuestionText): Promise<NameExplanation | AddressExplanation> {
    const inquiry = this.#inquiry();
    return explainAddress(inquiry, question.name) ?? explainName(inquiry, readQuestionText(question));
  }

  #inquiry(): InquiryParts {
    return this.#upOr('no question is answered').inquiry;
  }

  expose(ports: readonly Ports[]): Status {
    this.#parts.exposed.expose(ports);
    return this.status();
  }

  unexpose(ports: readonly Ports[]): Status {
    this.#parts.exposed.unexpose(ports);
    return this.status();
  }

  explicit(): readonly ExplicitRow[] {
    return this.#parts.explicit.list;
  }

  map(entry: ExplicitEntry, isForced: boolean): readonly ExplicitRow[] {
    this.#parts.explicit.add(entry, isForced);
    return this.explicit();
  }

  unmap(ipv4: Ipv4Prefix): readonly ExplicitRow[] {
    this.#parts.explicit.remove(ipv4);
    return this.explicit();
  }

  async flush(address: string | undefined, isForced: boolean): Promise<FlushResult> {
    return this.#upOr('there are no mappings').flush(address, isForced);
  }

  stop(): void {
    this.#parts.onStop();
  }

  /** The bump that is up. Throws with what is not so while there is none. */
  #upOr(consequence: string): Bump {
    const { bump } = this.#life;
    if (bump === undefined) throw new Error(`It is not up: ${consequence}.`);
    return bump;
  }
}
