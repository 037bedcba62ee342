/** Refuses questions while too many are under way (D6), so that those under way are answered. */
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { RCODE } from './message/constants.ts';
import type { Handler } from './question.ts';

/** Our own choice: each of these may hold two sockets. */
export const MOST_IN_FLIGHT = 1024;

/** `inFlight` says how many questions are under way, the one being judged included. */
export function refuseOverload(inFlight: () => number, counters: Pick<Counters, 'refused'>): Handler {
  return async (question, next) => {
    if (inFlight() <= MOST_IN_FLIGHT) return next(question);
    counters.refused++;
    return errorAnswer(question, RCODE.Refused);
  };
}
