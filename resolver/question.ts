/** A client's message on its way through the handlers, and what a handler is. */
import { OPCODE } from './message/constants.ts';
import { field, opcodeOf, uint16 } from './message/header.ts';
import { type Edns, ednsOf, type Message, readMessage } from './message/message.ts';
import type { Trace } from './trace.ts';
import type { Upstream } from './upstream/upstream.ts';

/** How a message is to reach the upstream. `either`: over UDP, and again over TCP if that answer is truncated. */
export type Transport = 'udp' | 'tcp' | 'either';

/** Where a message came in, and which servers its asker meant. */
export interface Arrival {
  readonly protocol: 'udp' | 'tcp';
  readonly source: { readonly address: string; readonly port: number };
  /** Asked in this order, except that those that did not answer lately come last. */
  readonly upstreams: readonly Upstream[];
  /**
   * Over TCP, for answers of several messages: sends one ahead of the last. Resolves when there is room for more;
   * to false when the connection is gone.
   */
  readonly send?: (message: Uint8Array) => Promise<boolean>;
}

/** The reason with which a question's signal is aborted: one for all, because an error of its own costs a stack trace. */
export const OVER = new Error('the question is over');

export interface Question {
  /** As it came, or as a handler changed it; its ID means nothing to the upstream, which gets another. */
  readonly octets: Uint8Array;
  /** The same, walked; `undefined` for what has not exactly one question or another opcode: that is only relayed. */
  readonly message: Message | undefined;
  readonly edns: Edns | undefined;
  readonly arrival: Arrival;
  readonly transport: Transport;
  /** We ask it, to decide about another question; its answer may be kept (D11). What a client asked is passed on (E10). */
  readonly isOurs?: true;
  /** Aborted when the time for an answer is over, and when an answer was given: stop whatever is still under way. */
  readonly signal: AbortSignal;
  /** Where what happens to it is noted, if somebody wants to know. */
  readonly trace?: Trace;
}

/**
 * Reads a message of at least 12 octets. Returns `undefined` if it is a query with one question and yet no sound message.
 */
export function readQuestion(
  octets: Uint8Array,
  arrival: Arrival,
  signal: AbortSignal,
  trace?: Trace,
): Question | undefined {
  const isQuery = opcodeOf(octets) === OPCODE.QUERY && uint16(octets, field.QDCOUNT) === 1;
  const message = isQuery ? readMessage(octets) : undefined;
  if (isQuery && message === undefined) return undefined;
  const edns = message && ednsOf(message);
  return { octets, message, edns, arrival, transport: arrival.protocol, signal, ...(trace && { trace }) };
}

/** The rest of the list. Resolves to an answer under any ID, or `undefined` when there is none in time. */
export type Next = (question: Question) => Promise<Uint8Array | undefined>;

/** One thing the resolver does: answers a question, or leaves it to the rest of the list, changed or not. */
export type Handler = (question: Question, next: Next) => Promise<Uint8Array | undefined>;

/** The handlers as one function: each is given the rest of the list, and the last is given `end`. */
export function chain(handlers: readonly Handler[], end: Next): Next {
  return handlers.reduceRight<Next>((next, handler) => (question) => handler(question, next), end);
}
