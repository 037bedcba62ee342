/** Where questions reach the resolver: what the ways of catching them have in common. */
import type { Mode, Reason, ServerStatus } from '../control/agent.ts';

/** The port of DNS over UDP and TCP (RFC 1035 §4.2). */
export const DNS_PORT = 53;

/** A source of questions. */
export interface Questions {
  readonly mode: Mode;
  /**
   * Looks at the host's servers again and follows them; the first call begins. Resolves to whether a server, or the way
   * to one, is another than before, so that what is under way there will not arrive (D9).
   */
  refresh(): Promise<boolean>;
  /** Whether it is time to refresh although nothing has changed. */
  isDue?(): boolean;
  /** Says that questions are still answered; without it they stop coming after some seconds. */
  renew(): void;
  /** Stops questions from coming, at once. */
  withdraw(): void | Promise<void>;
  /** Ends all listeners. */
  close(): Promise<void>;
  servers(): readonly ServerStatus[];
  /** Why they are taken in this way: sentences. */
  because(): readonly string[];
  /** Who gets no synthesized answers, and why. */
  gaps(): readonly Reason[];
  /** Those of `servers()`, as they are called there, that can be reached and yet are not caught. */
  unanswered(): readonly string[];
}
