/**
 * Answers PTR questions for spool addresses (RFC 6535 §2.3.3): with the names of the IPv6 address behind them, and
 * never by asking anybody for the private address itself.
 */
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import type { Mappings } from './mappings.ts';
import { followAliases } from './message/alias-chain.ts';
import { CLASS, RCODE, TYPE } from './message/constants.ts';
import { type Message, rcodeOf, readMessage } from './message/message.ts';
import { type Name, parseName, readName } from './message/name.ts';
import { ipv4OfReverseName, reverseNameOf } from './message/reverse-name.ts';
import { writeAnswer, writeQuestion } from './message/write.ts';
import type { Handler } from './question.ts';

export interface ReverseParts {
  readonly mappings: Pick<Mappings, 'mappingOf' | 'isSpool'>;
  readonly ttlCeilingSeconds: number;
  readonly counters: Pick<Counters, 'reversed'>;
}

interface Pointers {
  readonly names: readonly Name[];
  readonly ttlSeconds: number;
}

/** The names an answer to a PTR question gives; none if it gives none, or cannot be read. */
function pointersIn(answer: Uint8Array | undefined): Pointers {
  const message = answer && readMessage(answer);
  const chain = message && rcodeOf(message) === RCODE.NoError ? followAliases(message, TYPE.PTR) : undefined;
  if (message === undefined || chain === undefined) return { names: [], ttlSeconds: 0 };
  const names = chain.records.map((record) => readName(message.octets, record.data));
  const ttls = chain.records.map((record) => record.ttlSeconds);
  return { names: names.filter((name) => name !== undefined), ttlSeconds: Math.min(...ttls) };
}

export function reverse({ mappings, ttlCeilingSeconds, counters }: ReverseParts): Handler {
  return async (question, next) => {
    const { message } = question;
    if (message === undefined || message.type !== TYPE.PTR || message.class !== CLASS.IN) return next(question);
    const ipv4 = ipv4OfReverseName(message.name);
    if (ipv4 === undefined || !mappings.isSpool(ipv4)) return next(question);

    counters.reversed++;
    const mapping = mappings.mappingOf(ipv4);
    question.trace?.note({ kind: 'reversed', ipv6: mapping?.ipv6 });
    if (mapping === undefined) return errorAnswer(question, RCODE.NXDomain);

    const octets = writeQuestion(reverseNameOf(mapping.ipv6), TYPE.PTR, question.edns !== undefined);
    const transport = question.transport === 'tcp' ? 'tcp' : 'either';
    const asked = pointersIn(await next({ ...question, octets, transport, isOurs: true }));
    if (asked.names.length > 0) return pointing(message, asked);

    const kept = mapping.names.map(parseName).filter((name) => name !== undefined);
    if (kept.length === 0) return errorAnswer(question, RCODE.NXDomain);
    return pointing(message, { names: kept, ttlSeconds: ttlCeilingSeconds });
  };

  function pointing(message: Message, { names, ttlSeconds }: Pointers): Uint8Array {
    const owner = message.name;
    const ttl = Math.min(ttlSeconds, ttlCeilingSeconds);
    const records = names.map((data) => ({ owner, type: TYPE.PTR, ttlSeconds: ttl, data }));
    return writeAnswer(message, { rcode: RCODE.NoError, records });
  }
}
