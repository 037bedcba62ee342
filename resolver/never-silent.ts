/** Where there is no answer, says so (E26): who asks learns more from SERVFAIL now than from silence later. */
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { RCODE } from './message/constants.ts';
import type { Handler } from './question.ts';

export function neverSilent(counters: Pick<Counters, 'servfail' | 'timeouts'>): Handler {
  return async (question, next) => {
    const answer = await next(question);
    if (answer !== undefined) return answer;
    counters.servfail++;
    counters.timeouts++;
    return errorAnswer(question, RCODE.ServFail);
  };
}
