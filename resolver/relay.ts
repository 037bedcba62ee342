/**
 * Relays what is not ours to judge, octet for octet (E24): other opcodes, questions without recursion, signed messages,
 * zone transfers, and whatever is unlike a plain question. What stands below in the list sees plain questions only.
 */
import type { Counters } from './counters.ts';
import { TYPE } from './message/constants.ts';
import { field, flag, hasFlag, uint16 } from './message/header.ts';
import type { Handler, Next, Question } from './question.ts';

/** TSIG (RFC 8945) and SIG(0) (RFC 2931) sign the whole message. */
const signatures: readonly number[] = [TYPE.TSIG, TYPE.SIG];
const transfers: readonly number[] = [TYPE.AXFR, TYPE.IXFR];

/** Whether a question is one recursive question, possibly with EDNS version 0, and nothing besides. */
function isPlain({ message, edns }: Question): boolean {
  if (message === undefined || !message.isWhole) return false;
  const { octets, additionals, type } = message;
  return (
    hasFlag(octets, flag.RD) &&
    !transfers.includes(type) &&
    uint16(octets, field.ANCOUNT) === 0 &&
    uint16(octets, field.NSCOUNT) === 0 &&
    !additionals.some((record) => signatures.includes(record.type)) &&
    additionals.filter((record) => record.type === TYPE.OPT).length <= 1 &&
    (edns === undefined || edns.version === 0)
  );
}

export function isTransfer({ message }: Question): boolean {
  return message !== undefined && transfers.includes(message.type);
}

/** `upstreams` is the end of the list: what is relayed goes past everything between. */
export function relay(upstreams: Next, counters: Pick<Counters, 'passed'>): Handler {
  return async (question, next) => {
    if (isPlain(question)) return next(question);
    question.trace?.note({ kind: 'handled', by: 'relay' });
    counters.passed++;
    return upstreams(question);
  };
}
