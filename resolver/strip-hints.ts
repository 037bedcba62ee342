/**
 * Takes the address hints out of SVCB and HTTPS answers (E23; RFC 9460 §7.3), on request: a program that follows them
 * needs no A question, and so goes round the mapping. Without them it asks for the addresses, as it must be able to.
 */
import type { Counters } from './counters.ts';
import { fitting } from './fitting.ts';
import { followAliases } from './message/alias-chain.ts';
import { CLASS, RCODE, TYPE } from './message/constants.ts';
import { flag, hasFlag } from './message/header.ts';
import { type Message, rcodeOf, readMessage } from './message/message.ts';
import { withoutHints } from './message/service-parameters.ts';
import { writeAnswer } from './message/write.ts';
import type { Handler, Question } from './question.ts';

const stripped: readonly number[] = [TYPE.SVCB, TYPE.HTTPS];

/** The message, if it asks for such records. Who validates would find us out (E17). */
function judged({ message, edns }: Question): Message | undefined {
  if (message === undefined || !stripped.includes(message.type) || message.class !== CLASS.IN) return undefined;
  const isValidating = edns?.dnssecOk === true && hasFlag(message.octets, flag.CD);
  return isValidating ? undefined : message;
}

/**
 * Answers without hints pass unchanged. Others are written anew, with their aliases: without AA and AD, without
 * signatures, which would no longer hold, and without additional records, which would lead round the mapping as well.
 */
export function stripHints(counters: Pick<Counters, 'stripped' | 'truncated'>): Handler {
  return async (question, next) => {
    const answer = await next(question);
    const asked = judged(question);
    const said = answer && asked && readMessage(answer);
    if (answer === undefined || asked === undefined || said === undefined) return answer;
    const chain = rcodeOf(said) === RCODE.NoError ? followAliases(said, asked.type) : undefined;
    const bare = chain?.records.map(({ data, dataLength }) => withoutHints(answer, data, dataLength)) ?? [];
    if (chain === undefined || !bare.some((data) => data?.hadHints)) return answer;

    counters.stripped++;
    if (hasFlag(answer, flag.TC)) return writeAnswer(asked, { rcode: RCODE.NoError, isTruncated: true });
    const records = chain.records.map(({ type, ttlSeconds, data, dataLength }, index) => ({
      owner: chain.owner,
      type,
      ttlSeconds,
      data: bare[index]?.octets ?? answer.slice(data, data + dataLength),
    }));
    const rewritten = writeAnswer(asked, { rcode: RCODE.NoError, records: [...chain.aliases, ...records] });
    return fitting(question, asked, rewritten, counters);
  };
}
