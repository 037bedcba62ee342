/**
 * What happened to one question, for `explain` and for the log: handlers note it where a question has a trace, and spend
 * nothing on it where it has none.
 */
import type { Ipv6Address } from '../mapper/address/ipv6.ts';
import type { AaaaOutcome, AOutcome, Decision } from './answer-table.ts';
import type { Policy } from './name-policy.ts';
import type { Transport } from './question.ts';
import type { Upstream } from './upstream/upstream.ts';

export type TraceEvent =
  /** A server was asked; `answer` is what it said, if it said anything in time. */
  | {
      readonly kind: 'asked';
      readonly upstream: Upstream;
      readonly transport: Transport;
      readonly question: Uint8Array;
      readonly answer: Uint8Array | undefined;
      readonly milliseconds: number;
    }
  /** It was not asked, because it leads back to us. */
  | { readonly kind: 'loop'; readonly upstream: Upstream }
  /** The cache answered in the place of a server. */
  | {
      readonly kind: 'cached';
      readonly question: Uint8Array;
      readonly answer: Uint8Array;
      readonly ageSeconds: number;
    }
  /** The hosts file has addresses for the name. */
  | { readonly kind: 'hosts'; readonly addresses: readonly Ipv6Address[] }
  /** An A question was decided: the row of the answer table, and what else counted. */
  | {
      readonly kind: 'decided';
      readonly a: AOutcome;
      /** `undefined` where AAAA was not waited for. */
      readonly aaaa: AaaaOutcome | undefined;
      readonly decision: Decision;
      readonly policy: Policy;
      /** Why AAAA is preferred to A, if it is. */
      readonly preferred: 'name' | 'no IPv4 route' | undefined;
    }
  /** An A question was answered with addresses that stand for these. */
  | { readonly kind: 'synthesized'; readonly addresses: readonly Ipv6Address[]; readonly ttlSeconds: number }
  /** A PTR question for a spool address. */
  | { readonly kind: 'reversed'; readonly ipv6: Ipv6Address | undefined }
  /** Which part of the list answered, or passed it on, if it was not judged by the answer table. */
  | { readonly kind: 'handled'; readonly by: 'relay' | 'canary' | 'never' | 'other type' | 'validating' };

export interface Trace {
  /** Nothing may change: neither a mapping, nor what is kept. */
  readonly isDry: boolean;
  note(event: TraceEvent): void;
}

/** A trace that keeps what it is told, in order. */
export function newTrace(isDry: boolean): Trace & { readonly events: readonly TraceEvent[] } {
  const events: TraceEvent[] = [];
  return { isDry, events, note: (event) => events.push(event) };
}
