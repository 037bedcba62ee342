/**
 * Tells browsers to keep using the host's resolver (E22): they ask for this name before they turn to DNS over HTTPS of
 * their own, which would find no IPv6-only name an address. NXDOMAIN means: the network wants to be asked.
 */
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { CLASS, RCODE } from './message/constants.ts';
import { nameKey } from './message/name.ts';
import type { Handler } from './question.ts';

const CANARY = '\x13use-application-dns\x03net\0';

/** Answers for the name itself, whatever the type; names below it are nobody's canary. */
export function dohCanary(counters: Pick<Counters, 'canary'>): Handler {
  return async (question, next) => {
    const { message } = question;
    if (message?.class !== CLASS.IN || nameKey(message.name) !== CANARY) return next(question);
    question.trace?.note({ kind: 'handled', by: 'canary' });
    counters.canary++;
    return errorAnswer(question, RCODE.NXDomain);
  };
}
