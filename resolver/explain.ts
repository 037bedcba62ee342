/**
 * Makes of what happened to a question what people and programs want to know: who was asked what, what was said, which
 * records do not count and why, and which row of the answer table decided. Everything is text in printable ASCII (D10).
 */
import { ipv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6, ipv6FromOctets } from '../mapper/address/ipv6.ts';
import type { AaaaOutcome, AOutcome } from './answer-table.ts';
import { exclusionOfA, exclusionOfAaaa, isLocalhost } from './exclusions.ts';
import type { HostView, Mappings } from './mappings.ts';
import { CLASS, TYPE } from './message/constants.ts';
import { uint32 } from './message/header.ts';
import { type Message, type RecordPlace, rcodeOf, readMessage } from './message/message.ts';
import { keysUpward, type Name } from './message/name.ts';
import { recordText } from './message/record-text.ts';
import { formatRcode, formatType } from './message/types.ts';
import type { TraceEvent } from './trace.ts';
import { upstreamName } from './upstream/upstream.ts';

/** A record as a line of a zone file, and why it does not count, if it does not. */
export interface RecordLine {
  readonly text: string;
  readonly excluded: string | null;
}

/** One question that was asked, and what was said. */
export interface AskedQuestion {
  readonly type: string;
  /** `loop`: the server leads back to us, and was not asked. */
  readonly from: 'network' | 'cache' | 'hosts file' | 'loop';
  /** `192.0.2.53#53 on eth0`; `null` for cache and hosts file. */
  readonly server: string | null;
  readonly transport: 'udp' | 'tcp' | null;
  /** `NOERROR`, `NXDOMAIN` …; `null` where nothing was said that could be read. */
  readonly rcode: string | null;
  /** How long it took. */
  readonly milliseconds: number | null;
  /** How long it has been kept. */
  readonly ageSeconds: number | null;
  /** The answer section, and the SOA of a negative answer. */
  readonly records: readonly RecordLine[];
}

/** What became of a question, and why. */
export interface QuestionExplained {
  /** In the order in which answers came. */
  readonly asked: readonly AskedQuestion[];
  /** The row of the answer table; `null` where it was not judged by that. */
  readonly row: { readonly a: AOutcome; readonly aaaa: AaaaOutcome | 'any' } | null;
  readonly outcome: 'synthesized' | 'unmodified' | 'negative' | 'failed' | 'reversed' | 'passed' | 'answered here';
  /** What else counted, as a sentence: a name that the configuration lists, a host without IPv4 … */
  readonly because: string | null;
  readonly rcode: string;
  /** The answer; without the A records that were synthesized. */
  readonly answer: readonly string[];
  /** The IPv6 addresses whose spool addresses are the answer, or whose names. */
  readonly standsFor: readonly string[];
  /** How long the synthesized records may be kept. */
  readonly ttlSeconds: number | null;
}

export interface ExplainParts {
  readonly mappings: Pick<Mappings, 'isSpool'>;
  readonly host: Pick<HostView, 'pref64' | 'isOwn'>;
}

function exclusionOf({ octets }: Message, record: RecordPlace, name: Name, { mappings, host }: ExplainParts) {
  if (record.class !== CLASS.IN) return undefined;
  if (record.type === TYPE.AAAA) return exclusionOfAaaa(ipv6FromOctets(octets, record.data), host);
  if (record.type !== TYPE.A) return undefined;
  return exclusionOfA(ipv4(uint32(octets, record.data)), mappings, isLocalhost(keysUpward(name)));
}

function linesOf(message: Message, name: Name, parts: ExplainParts): RecordLine[] {
  const soa = message.answers.length > 0 ? [] : message.authorities.filter(({ type }) => type === TYPE.SOA);
  return [...message.answers, ...soa].map((record) => ({
    text: recordText(message, record),
    excluded: exclusionOf(message, record, name, parts) ?? null,
  }));
}

type Said = Pick<AskedQuestion, 'type' | 'rcode' | 'records'>;

function said(question: Uint8Array, answer: Uint8Array | undefined, parts: ExplainParts): Said {
  const asked = readMessage(question);
  const message = answer && readMessage(answer);
  return {
    type: asked === undefined ? '?' : formatType(asked.type),
    rcode: message === undefined ? null : formatRcode(rcodeOf(message)),
    records: message === undefined || asked === undefined ? [] : linesOf(message, asked.name, parts),
  };
}

const nobody = { server: null, transport: null, milliseconds: null, ageSeconds: null } as const;

function askedOf(event: TraceEvent, parts: ExplainParts): AskedQuestion | undefined {
  switch (event.kind) {
    case 'asked':
      return {
        ...said(event.question, event.answer, parts),
        from: 'network',
        server: upstreamName(event.upstream),
        transport: event.transport === 'tcp' ? 'tcp' : 'udp',
        milliseconds: Math.round(event.milliseconds * 10) / 10,
        ageSeconds: null,
      };
    case 'cached':
      return { ...nobody, ...said(event.question, event.answer, parts), from: 'cache', ageSeconds: event.ageSeconds };
    case 'hosts': {
      const records = event.addresses.map((address) => ({ text: formatIpv6(address), excluded: null }));
      return { ...nobody, type: 'AAAA', from: 'hosts file', rcode: 'NOERROR', records };
    }
    case 'loop':
      return { ...nobody, type: '-', from: 'loop', server: upstreamName(event.upstream), rcode: null, records: [] };
    default:
      return undefined;
  }
}

const handledBy = {
  relay: 'It is relayed as it is: not a plain recursive question.',
  canary: 'It is the name by which browsers learn to keep using this resolver.',
  never: 'The configuration says never to synthesize for this name.',
  'other type': 'Only A questions are synthesized for.',
  validating: 'Who asks validates (CD and DO), and would find out.',
} as const;

const preferred = {
  name: 'The configuration prefers AAAA for this name.',
  'no IPv4 route': 'This host has no IPv4 route, so AAAA is preferred.',
} as const;

/** What the events of a question and its answer amount to. */
export function explain(
  events: readonly TraceEvent[],
  answer: Uint8Array | undefined,
  parts: ExplainParts,
): QuestionExplained {
  const decided = events.find((event) => event.kind === 'decided');
  const handled = events.find((event) => event.kind === 'handled');
  const reversed = events.find((event) => event.kind === 'reversed');
  const synthesized = events.find((event) => event.kind === 'synthesized');
  const message = answer && readMessage(answer);
  const shown = message?.answers.filter(({ type }) => synthesized === undefined || type !== TYPE.A) ?? [];
  const reason = decided?.preferred === undefined ? undefined : preferred[decided.preferred];
  return {
    asked: events.map((event) => askedOf(event, parts)).filter((asked) => asked !== undefined),
    row: decided === undefined ? null : { a: decided.a, aaaa: decided.aaaa ?? 'any' },
    outcome: outcomeOf(events),
    because: reason ?? (handled === undefined ? null : handledBy[handled.by]),
    rcode: message === undefined ? 'none' : formatRcode(rcodeOf(message)),
    answer: message === undefined ? [] : shown.map((record) => recordText(message, record)),
    standsFor: [...(synthesized?.addresses ?? []), ...(reversed?.ipv6 === undefined ? [] : [reversed.ipv6])].map(
      formatIpv6,
    ),
    ttlSeconds: synthesized?.ttlSeconds ?? null,
  };
}

/** One word for what became of a question. */
export function outcomeOf(events: readonly TraceEvent[]): QuestionExplained['outcome'] {
  const decided = events.find((event) => event.kind === 'decided');
  if (decided?.decision === 'synthesize') {
    return events.some((event) => event.kind === 'synthesized') ? 'synthesized' : 'failed';
  }
  if (decided?.decision === 'fail') return 'failed';
  if (decided !== undefined) return decided.a === 'usable' || decided.a === 'excluded' ? 'unmodified' : 'negative';
  if (events.some((event) => event.kind === 'reversed')) return 'reversed';
  const handled = events.find((event) => event.kind === 'handled');
  return handled === undefined || handled.by === 'canary' ? 'answered here' : 'passed';
}
