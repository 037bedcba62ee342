/** Answers of our own that are longer than their asker can take (E12; RFC 1035 §4.2.1, RFC 6891 §6.2.3). */
import type { Counters } from './counters.ts';
import { specified } from './message/budget.ts';
import { RCODE } from './message/constants.ts';
import type { Message } from './message/message.ts';
import { writeAnswer } from './message/write.ts';
import type { Question } from './question.ts';

/** The answer, or over UDP, if it is too long for the asker, an empty truncated one: there is more by TCP. */
export function fitting(
  { arrival, edns }: Pick<Question, 'arrival' | 'edns'>,
  asked: Message,
  answer: Uint8Array,
  counters: Pick<Counters, 'truncated'>,
): Uint8Array {
  if (arrival.protocol === 'tcp' || answer.length <= (edns?.size ?? specified.UDP_MESSAGE)) return answer;
  counters.truncated++;
  return writeAnswer(asked, { rcode: RCODE.NoError, isTruncated: true });
}
