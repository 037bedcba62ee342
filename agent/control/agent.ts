/**
 * What the control socket asks of the running agent, and what the agent tells about itself. The data types below, as
 * JSON, are the contract that scripts and front ends rely on: fields are added, never renamed or removed.
 */
import type { Ipv4Prefix } from '../../mapper/address/prefix.ts';
import type { ExplicitEntry } from '../../mapper/explicit-entry.ts';
import type { QuestionExplained } from '../../resolver/explain.ts';
import type { Ports } from '../config/ports.ts';
import type { DetachedPrefix } from './detached-prefix.ts';
import type { ExplicitRow, FlushResult, MappingRow } from './mapping-row.ts';

export type { ExplicitRow, FlushResult, MappingRow } from './mapping-row.ts';

/**
 * `starting` and `stopping` last as long as `up()` and `down()`, or as it takes to start again a data path that was lost;
 * `degraded` is up, with `reasons` why not wholly.
 */
export type AgentState = 'down' | 'starting' | 'up' | 'degraded' | 'stopping';

/** One thing that is wrong. `code` is stable, for programs; `text` is a sentence, for people. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  /** A shell command that mends it, when there is one. */
  readonly command?: string;
}

/** The TUN device. */
export interface DeviceStatus {
  readonly name: string;
  /** Offloads the kernel granted, such as `checksum`, `tso4`, `tso6`, `uso4`, `uso6`. */
  readonly offloads: readonly string[];
  readonly queues: number;
  /** MTU of the route to the spool, in octets. */
  readonly mtu: number;
  /** Packets that the kernel dropped since the device was made, because they came faster than they were read. */
  readonly unread: number;
}

/** The IPv4 addresses that are handed out; counts are of addresses. */
export interface SpoolStatus {
  /** As prefix text, `10.170.160.0/20`. */
  readonly range: string;
  /** How many could be handed out at most. */
  readonly size: number;
  /** How many stand for an IPv6 address now. */
  readonly used: number;
  /** How many of those may not be recycled: promised in an answer, or live. */
  readonly held: number;
  /** How many of those stand for strangers. */
  readonly strangers: number;
  /** How many more stand for nobody any longer, and are not handed out yet, because somebody may still rely on them. */
  readonly quarantined: number;
  /** Ranges that are not ours any more, in which mappings that are held still end. */
  readonly closing: readonly string[];
  /** Addresses since it came up: handed out for the first time, taken from another peer for that, and not to be had. */
  readonly counters: Readonly<Record<string, number>>;
}

/** One DNS server the host asks, and where its questions are caught. */
export interface ServerStatus {
  /** The device through which it is asked; empty when the routing table decides. */
  readonly device: string;
  /** `address#port` with any scope: `192.0.2.53#53`, `fe80::53%eth0#53`. */
  readonly server: string;
  /** Our own address and port that answers in its place, or `null` while it is not caught. */
  readonly listener: string | null;
}

/** How questions reach the resolver. */
export type Mode = 'snoop' | 'resolved' | 'resolv.conf' | 'listen';

export interface ResolverStatus {
  readonly mode: Mode;
  /** Why this mode, and why its questions are taken where they are: sentences. */
  readonly because: readonly string[];
  readonly servers: readonly ServerStatus[];
  /** By name, counted since the state was entered: `questions`, `synthesized`, `passed`, `cacheHits` … */
  readonly counters: Readonly<Record<string, number>>;
  /**
   * A questions by what the network said to A and to AAAA, those that are not 0: `nodata/usable` was synthesized. Where A
   * was usable AAAA was not waited for: `usable/any`.
   */
  readonly answerTable: Readonly<Record<string, number>>;
}

/** One direction through the translator, counted since the state was entered. */
export interface DirectionStatus {
  /** Packets and octets that were translated, as received. */
  readonly packets: number;
  readonly octets: number;
  /** Packets by the word for their verdict (`translator/verdict.ts`), those that are not 0. */
  readonly verdicts: Readonly<Record<string, number>>;
}

export interface TranslatorStatus {
  readonly fourToSix: DirectionStatus;
  readonly sixToFour: DirectionStatus;
}

/** Everything `bis status --json` prints. What exists only while translating is `null` when down. */
export interface Status {
  readonly state: AgentState;
  /** Why it is degraded; when down, why the last `up` did not hold. Otherwise empty. */
  readonly reasons: readonly Reason[];
  readonly version: string;
  readonly pid: number;
  /** The network namespace it serves, as `/proc/PID/ns/net` names it: `net:[4026531840]`. */
  readonly networkNamespace: string;
  /** When the state was entered (RFC 3339, UTC). */
  readonly since: string;
  readonly device: DeviceStatus | null;
  readonly spool: SpoolStatus | null;
  /** The IPv6 prefix that stands for this host's own IPv4 addresses on the IPv6 leg (RFC 4193), `fd…::/96`. */
  readonly self: string | null;
  /** Devices through which translated packets leave. */
  readonly uplinks: readonly string[];
  /** The addresses that only translated packets have, with `source = "dedicated"`. */
  readonly dedicated: readonly { readonly device: string; readonly address: string }[];
  /** Prefixes whose routers are gone while others are there: their addresses are not the source of new flows. */
  readonly detached: readonly DetachedPrefix[];
  /** Ports that peers may reach, `tcp/8080` or `udp/5000-5010`; while it is down, those that will be. */
  readonly exposed: readonly string[];
  readonly resolver: ResolverStatus | null;
  readonly translator: TranslatorStatus | null;
}

/** What came of asking the running resolver: `bis resolve`. Records are lines of a zone file in printable ASCII. */
export interface Resolution {
  readonly name: string;
  readonly type: string;
  /** The servers that could be asked, the first of the lists. */
  readonly servers: readonly string[];
  /** `NOERROR`, `NXDOMAIN` …; `none` when nothing was said. */
  readonly rcode: string;
  readonly milliseconds: number;
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
  readonly additionals: readonly string[];
}

/** What would be answered about a name, for each list of servers that questions are asked of: `bis explain NAME`. */
export interface NameExplanation {
  readonly name: string;
  readonly type: string;
  readonly servers: readonly (Omit<QuestionExplained, 'standsFor'> & {
    readonly servers: readonly string[];
    /** The IPv6 addresses behind the answer, and what stands for each: an explicit mapping, one of the spool, or neither. */
    readonly mappings: readonly {
      readonly ipv6: string;
      readonly explicit: string | null;
      readonly mapping: MappingRow | null;
    }[];
  })[];
  /** Who is not answered so, because its questions cannot be taken: sentences. */
  readonly notFor: readonly string[];
}

/** What is known of an address: `bis explain ADDRESS`. */
export interface AddressExplanation {
  readonly address: string;
  /** Whether an IPv4 address is of the spool; `null` for IPv6. */
  readonly isSpool: boolean | null;
  /** The explicit mapping it is of, which counts before any other. */
  readonly explicit: { readonly ipv4: string; readonly ipv6: string } | null;
  readonly mapping: MappingRow | null;
  /** Why no spool address may stand for an IPv6 address; `null` if one may, and for IPv4. */
  readonly excluded: string | null;
}

/** A question, as text that has not been read yet. */
export interface QuestionText {
  /** In presentation format (RFC 1035 §5.1), A-labels only; or, to explain, an address. */
  readonly name: string;
  /** `A`, `AAAA`, `TYPE65` … */
  readonly type: string;
}

/** Work on a packet that is left to the device (virtio 1.2 §5.1.6), as the translator's `Offload`. */
export interface TraceOffload {
  readonly needsChecksum: boolean;
  readonly gsoType: number;
  readonly ecn: boolean;
  readonly headerLength: number;
  readonly gsoSize: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/** One line of `bis trace --json`: a packet that was handled. Packets are whole, from their IP header on, in base64. */
export interface TracedPacketEvent {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** What it was to become. */
  readonly to: 'IPv4' | 'IPv6';
  /** `translated`, or why it was not (`translator/verdict.ts`). */
  readonly verdict: string;
  readonly packet: string;
  readonly offload: TraceOffload | null;
  /** What was sent: more than one where it was cut into fragments. */
  readonly sent: readonly string[];
  readonly sentOffload: TraceOffload | null;
}

/** Or that so many packets were handled of which nothing can be told, because they were too many. */
export type TraceEvent = TracedPacketEvent | { readonly lost: number };

/** The running agent, as the control socket sees it. Nothing here may take longer than is said. */
export interface Agent {
  /** At once, from memory. */
  status(): Status;
  /** From memory, in order of `ipv4`, in pages: each at once, and each as it is then. */
  mappings(): Iterable<readonly MappingRow[]>;
  /**
   * Starts translating and resolves to the state that was reached: `up`, `degraded`, or `down` when it could not be
   * (all is undone, `reasons` say why; also when `timeoutMs` passed). At once when it is up already.
   */
  up(timeoutMs: number): Promise<Status>;
  /** Stops translating and resolves when all is undone, or after `timeoutMs` in state `stopping`. */
  down(timeoutMs: number): Promise<Status>;
  /** Asks the resolver as a program would; within 10 s. Throws a `BadRequest` for what cannot be asked. */
  resolve(question: QuestionText): Promise<Resolution>;
  /** Says what would be answered and why, or what an address is; changes nothing. Within 5 s. Throws as `resolve` does. */
  explain(question: QuestionText): Promise<NameExplanation | AddressExplanation>;
  /**
   * Packets as they are handled, in batches, until `signal` is aborted or it goes down; at most some thousands are kept
   * for a reader that is slow. Over at once while it is down.
   */
  trace(signal: AbortSignal): AsyncIterable<readonly TraceEvent[]>;
  /** Lets peers reach these ports as well, now and whenever it is up. Throws when that cannot be done. */
  expose(ports: readonly Ports[]): Status;
  /** Takes ports away; what peers began there ends. Throws when that cannot be done. */
  unexpose(ports: readonly Ports[]): Status;
  /** At once, from memory; in order of `ipv4`. */
  explicit(): readonly ExplicitRow[];
  /** Adds an explicit mapping, or replaces the one of the same IPv4 prefix. Throws a `BadRequest` or a `Conflict` when it cannot be. */
  map(entry: ExplicitEntry, isForced: boolean): readonly ExplicitRow[];
  /** Ends an explicit mapping. Throws a `Conflict` when there is none. */
  unmap(ipv4: Ipv4Prefix): readonly ExplicitRow[];
  /** Ends mappings, and forgets answers that were kept. `address` is of either family; without it, all. */
  flush(address: string | undefined, isForced: boolean): Promise<FlushResult>;
  /** Asks the process to end in order, as SIGTERM does. Returns before it has. */
  stop(): void;
}
