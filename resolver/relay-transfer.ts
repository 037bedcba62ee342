/**
 * Relays zone transfers over TCP (RFC 5936 §2.2, RFC 1995): answers of many messages, each passed on as it comes. Where
 * a transfer ends is for the client to know; we stop when it hangs up, or when nothing more has come for a while.
 */
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { RCODE } from './message/constants.ts';
import { idOf, withId } from './message/header.ts';
import type { Handler } from './question.ts';
import type { Loops } from './refuse-loops.ts';
import { isTransfer } from './relay.ts';
import { messagesOf } from './upstream/exchange.ts';
import { isAnswerTo } from './upstream/match.ts';
import type { UpstreamSockets } from './upstream/sockets.ts';

/** Our own choice, milliseconds without a message after the first. */
const QUIET_MS = 10_000;

export interface TransferParts {
  readonly sockets: UpstreamSockets;
  readonly random: (below: number) => number;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'passed' | 'servfail' | 'timeouts'>;
  /** Servers that lead back to us are not asked (D7). */
  readonly loops?: Pick<Loops, 'isLoop'>;
}

/** Resolves to `undefined` when all there was has been sent. */
export function relayTransfer({ sockets, random, clock, counters, loops }: TransferParts): Handler {
  return async (question, next) => {
    const { send, upstreams } = question.arrival;
    const upstream = upstreams.find((one) => loops?.isLoop(one) !== true);
    if (!isTransfer(question) || send === undefined || upstream === undefined) return next(question);
    counters.passed++;

    const over = new AbortController();
    const end = (): void => over.abort();
    question.signal.addEventListener('abort', end);
    let callOff = (): void => question.signal.removeEventListener('abort', end);
    let relayed = 0;
    try {
      const message = withId(question.octets, random(0x10000));
      const socket = await sockets.tcp(upstream);
      for await (const part of messagesOf(socket, message, over.signal)) {
        // From the second message on the question may be left out (RFC 5936 §2.2.1).
        if (relayed === 0 ? !isAnswerTo(message, part) : idOf(part) !== idOf(message)) continue;
        callOff();
        if (!(await send(withId(part, idOf(question.octets))))) break;
        relayed++;
        callOff = clock.after(QUIET_MS, end);
      }
    } catch {
      // The connection could not be made: the error below says so.
    } finally {
      callOff();
    }
    if (relayed > 0) return undefined;
    counters.servfail++;
    counters.timeouts++;
    return errorAnswer(question, RCODE.ServFail);
  };
}
