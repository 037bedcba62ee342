/** An agent that only changes its state, for the tests of the control socket and of the command line. */
import type { Ipv4Prefix } from '../../mapper/address/prefix.ts';
import type { ExplicitEntry } from '../../mapper/explicit-entry.ts';
import type { Ports } from '../config/ports.ts';
import type {
  AddressExplanation,
  Agent,
  AgentState,
  ExplicitRow,
  FlushResult,
  MappingRow,
  NameExplanation,
  QuestionText,
  Reason,
  Resolution,
  Status,
  TraceEvent,
} from '../control/agent.ts';
import { networkNamespace } from '../control/network-namespace.ts';

export const fakeStatus: Status = {
  state: 'down',
  reasons: [],
  version: '0.1.0',
  pid: process.pid,
  networkNamespace: networkNamespace(),
  since: '2026-11-23T07:00:00.000Z',
  device: null,
  spool: null,
  self: null,
  uplinks: [],
  dedicated: [],
  detached: [],
  exposed: [],
  resolver: null,
  translator: null,
};

/** What is told besides while translating. */
export const fakeUp: Partial<Status> = {
  device: { name: 'bis0', offloads: ['csum', 'tso4', 'tso6'], queues: 1, mtu: 1480, unread: 31 },
  spool: {
    range: '10.170.160.0/20',
    size: 4094,
    used: 3,
    held: 2,
    strangers: 1,
    quarantined: 0,
    closing: ['10.170.224.0/20'],
    counters: { assigned: 7, recycled: 4, refused: 1, strangersRefused: 0 },
  },
  self: 'fd5e:1e46:9d02::/96',
  uplinks: ['eth0'],
  dedicated: [{ device: 'eth0', address: '2001:db8:2::7' }],
  detached: [{ device: 'eth0', prefix: '2001:db8:1::/64', because: 'fe80::1 does not answer' }],
  exposed: ['tcp/8080'],
  resolver: {
    mode: 'snoop',
    because: ['The kernel can catch questions, so that no file has to be changed.'],
    servers: [
      { device: 'lo', server: '127.0.0.53#53', listener: '127.0.0.1#40053' },
      { device: 'eth0', server: 'fe80::53%eth0#53', listener: null },
    ],
    counters: { questions: 12, synthesized: 3, spoolUsedUp: 1, timeouts: 0 },
    answerTable: { 'nodata/usable': 3, 'usable/any': 5 },
  },
  translator: {
    fourToSix: { packets: 1234, octets: 5_300_000, verdicts: { translated: 1234, 'dropped-multicast': 2 } },
    sixToFour: { packets: 2345, octets: 98_765, verdicts: { translated: 2345 } },
  },
};

export class FakeAgent implements Agent {
  state: AgentState = 'down';
  reasons: readonly Reason[] = [];
  rows: readonly MappingRow[] = [];
  /** The state that `up` reaches, and why not `up`. */
  reaches: AgentState = 'up';
  because: readonly Reason[] = [];
  /** What `flush` leaves. */
  unflushed: readonly string[] = [];
  /** Every call that changes something, with its argument. */
  readonly calls: string[] = [];
  /** Runs when the process is asked to end. */
  onStop: () => void = () => {};

  status(): Status {
    const more = this.state === 'up' || this.state === 'degraded' ? fakeUp : {};
    return { ...fakeStatus, ...more, state: this.state, reasons: this.reasons };
  }

  mappings(): Iterable<readonly MappingRow[]> {
    return [this.rows.slice(0, 1), [], this.rows.slice(1)];
  }

  /** Thrown by whatever is asked. */
  refusal: Error | undefined;

  #called(text: string): void {
    this.calls.push(text);
    if (this.refusal !== undefined) throw this.refusal;
  }

  async up(timeoutMs: number): Promise<Status> {
    this.#called(`up ${timeoutMs}`);
    this.state = this.reaches;
    this.reasons = this.because;
    return this.status();
  }

  async down(timeoutMs: number): Promise<Status> {
    this.#called(`down ${timeoutMs}`);
    this.state = 'down';
    this.reasons = [];
    return this.status();
  }

  /** What is answered, by `name type`. */
  readonly resolutions = new Map<string, Resolution>();
  readonly explanations = new Map<string, NameExplanation | AddressExplanation>();

  async resolve({ name, type }: QuestionText): Promise<Resolution> {
    this.#called(`resolve ${name} ${type}`);
    return found(this.resolutions, `${name} ${type}`);
  }

  async explain({ name, type }: QuestionText): Promise<NameExplanation | AddressExplanation> {
    this.#called(`explain ${name} ${type}`);
    return found(this.explanations, `${name} ${type}`);
  }

  /** What `trace` tells, a batch each; after the last it waits until nobody listens. */
  traced: readonly (readonly TraceEvent[])[] = [];

  async *trace(signal: AbortSignal): AsyncGenerator<readonly TraceEvent[]> {
    yield* this.traced;
    if (this.state === 'up' && !signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    this.#called('trace ended');
  }

  expose(ports: readonly Ports[]): Status {
    this.#called(`expose ${JSON.stringify(ports)}`);
    return this.status();
  }

  explicitRows: readonly ExplicitRow[] = [];

  explicit(): readonly ExplicitRow[] {
    return this.explicitRows;
  }

  map(entry: ExplicitEntry, isForced: boolean): readonly ExplicitRow[] {
    this.#called(`map ${JSON.stringify(entry)}${isForced ? ' now' : ''}`);
    return this.explicitRows;
  }

  unmap(ipv4: Ipv4Prefix): readonly ExplicitRow[] {
    this.#called(`unmap ${JSON.stringify(ipv4)}`);
    return this.explicitRows;
  }

  async flush(address: string | undefined, isForced: boolean): Promise<FlushResult> {
    this.#called(`flush ${address ?? 'all'}${isForced ? ' force' : ''}`);
    return { removed: 3, spared: 1, unflushed: this.unflushed };
  }

  unexpose(ports: readonly Ports[]): Status {
    this.#called(`unexpose ${JSON.stringify(ports)}`);
    return this.status();
  }

  stop(): void {
    this.#called('stop');
    this.onStop();
  }
}

function found<Value>(values: ReadonlyMap<string, Value>, key: string): Value {
  const value = values.get(key);
  if (value === undefined) throw new Error(`Cannot answer ${key}`);
  return value;
}
