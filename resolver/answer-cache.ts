/**
 * Says again what an upstream said a while ago (D11; RFC 1035 §7.4, RFC 2308): only answers to the A, AAAA and PTR questions
 * that we asked to decide about a client's, each kept whole under its whole question, so that no record of one can ever answer another (D3).
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { specified } from './message/budget.ts';
import { CLASS, TYPE } from './message/constants.ts';
import { uint16 } from './message/header.ts';
import { aged, type Keepable, keepable } from './message/lifetime.ts';
import type { Handler, Question } from './question.ts';
import { questionSectionEnd } from './upstream/match.ts';
import type { Upstream } from './upstream/upstream.ts';

const kept: readonly number[] = [TYPE.A, TYPE.AAAA, TYPE.PTR];
/** An OPT record without options, octets (RFC 6891 §6.1.2). */
const BARE_OPT = 11;
/** Our own choice: the octets of all answers together, for each entry there may be. Most answers have 50 to 200. */
const OCTETS_PER_ENTRY = 512;

interface Entry extends Keepable {
  readonly since: number;
  readonly sinceOfDay: number;
}

export interface CacheParts {
  /** Answers kept at most; 0 for none. */
  readonly entries: number;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'cacheHits' | 'cacheMisses'>;
}

export interface AnswerCache {
  readonly handler: Handler;
  /** Forgets everything, answers that are still under way included. */
  flush(): void;
}

/** Whether a question is of a kind that is kept. EDNS options are talk between asker and server about this one exchange. */
function isKept(octets: Uint8Array): boolean {
  const end = questionSectionEnd(octets);
  if (octets.length !== end && octets.length !== end + BARE_OPT) return false;
  return kept.includes(uint16(octets, end - 4)) && uint16(octets, end - 2) === CLASS.IN;
}

/** The UDP size of the asker, octets. */
function udpSize({ edns }: Question): number {
  return edns?.size ?? specified.UDP_MESSAGE;
}

/** Belongs below synthesis: then a synthesized answer is never older than its mapping, and none is ever kept. */
export function answerCache({ entries, clock, counters }: CacheParts): AnswerCache {
  if (entries === 0) return { handler: (question, next) => next(question), flush: () => {} };
  const cache = new LRUCache<string, Entry>({
    max: entries,
    maxSize: entries * OCTETS_PER_ENTRY,
    sizeCalculation: ({ octets }, key) => octets.length + key.length,
  });
  /** Servers may answer the same question differently (split DNS), and a new list may mean another network. */
  const numbers = new WeakMap<readonly Upstream[], number>();
  let lists = 0;
  let flushes = 0;

  function numberOf(upstreams: readonly Upstream[]): number {
    const number = numbers.get(upstreams) ?? lists++;
    numbers.set(upstreams, number);
    return number;
  }

  /** All octets but the ID: flags, letter case and EDNS too, so that what is returned answers exactly what was asked. */
  function keyOf({ octets, transport, arrival }: Question): string {
    const { buffer, byteOffset, byteLength } = octets;
    const over = transport === 'tcp' ? 'tcp' : 'udp';
    return `${numberOf(arrival.upstreams)} ${over} ${Buffer.from(buffer, byteOffset, byteLength).toString('latin1', 2)}`;
  }

  /** Time spent suspended only the time of day knows; that it was set back changes nothing. */
  function ageSeconds({ since, sinceOfDay }: Entry): number {
    return Math.max(clock.now() - since, clock.timeOfDay() - sinceOfDay) / 1000;
  }

  function recall(key: string, question: Question): { answer: Uint8Array; ageSeconds: number } | undefined {
    const entry = cache.get(key);
    if (entry === undefined) return undefined;
    const age = ageSeconds(entry);
    if (age < entry.lifetimeSeconds) {
      // It may have been fetched over TCP for synthesis, and be too long for who asks now.
      const fits = question.transport !== 'udp' || entry.octets.length <= udpSize(question);
      return fits ? { answer: aged(entry, Math.ceil(age)), ageSeconds: Math.floor(age) } : undefined;
    }
    cache.delete(key);
    return undefined;
  }

  const handler: Handler = async (question, next) => {
    if (question.isOurs !== true || !isKept(question.octets)) return next(question);
    const key = keyOf(question);
    const known = recall(key, question);
    if (known !== undefined) {
      counters.cacheHits++;
      question.trace?.note({ kind: 'cached', question: question.octets, ...known });
      return known.answer;
    }
    counters.cacheMisses++;
    const flushesBefore = flushes;
    const answer = await next(question);
    const keep = answer && question.trace?.isDry !== true ? keepable(answer) : undefined;
    if (keep !== undefined && flushes === flushesBefore) {
      cache.set(key, { ...keep, since: clock.now(), sinceOfDay: clock.timeOfDay() });
    }
    return answer;
  };
  return {
    handler,
    flush: () => {
      flushes++;
      cache.clear();
    },
  };
}
