/**
 * The extension name resolver (RFC 6535 §2.3): a question in, an answer out. This is the one place where the order of
 * what it does can be read.
 */
import { randomInt } from 'node:crypto';
import { answerCache } from './answer-cache.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Counters, newCounters } from './counters.ts';
import { dohCanary } from './doh-canary.ts';
import { errorAnswer } from './error-answer.ts';
import { followHosts } from './hosts-file.ts';
import type { HostView, Mappings } from './mappings.ts';
import { mergeEqual } from './merge-equal.ts';
import { RCODE } from './message/constants.ts';
import { flag, HEADER_LENGTH, hasFlag, idOf, withId } from './message/header.ts';
import { writeBareError } from './message/write.ts';
import { neverSilent } from './never-silent.ts';
import { type Arrival, chain, readQuestion } from './question.ts';
import { refuseOverload } from './refuse-overload.ts';
import { relay } from './relay.ts';
import { relayTransfer } from './relay-transfer.ts';
import { reverse } from './reverse.ts';
import type { ResolverSettings } from './settings.ts';
import { stripHints } from './strip-hints.ts';
import { synthesizeA } from './synthesize-a.ts';
import { createExchange } from './upstream/exchange.ts';
import { forward } from './upstream/failover.ts';
import type { UpstreamSockets } from './upstream/sockets.ts';

/** E26 allows 4.5 s before every answer is there (glibc gives up at 5); the rest is for getting it there. */
const ANSWER_WITHIN_MS = 4300;
/** How often `report` may be told the same thing, milliseconds. */
const REPORT_EVERY_MS = 60_000;

export interface ResolverParts {
  readonly mappings: Mappings;
  readonly host: HostView;
  readonly settings: ResolverSettings;
  /** The hosts file as it is now, called for every A question; without it the file counts for nothing. */
  readonly hosts?: () => string;
  readonly sockets: UpstreamSockets;
  readonly clock?: Clock;
  /** A random whole number from 0 up to, not including, `below`; nobody must be able to foresee it. */
  readonly random?: (below: number) => number;
  /** Takes lines for the log: rare things, at most one line a minute. */
  readonly report?: (line: string) => void;
}

export interface Resolver {
  /**
   * The answer to a message, under its ID; of an answer of several messages the last. `undefined`: nothing is to be
   * said (any more). Within 4.5 s, and never rejects. The arrival's list of upstreams must not change meanwhile.
   */
  answer(message: Uint8Array, arrival: Arrival): Promise<Uint8Array | undefined>;
  /** Forgets all answers that were kept. */
  flush(): void;
  /** Questions being worked on now. */
  readonly inFlight: number;
  readonly counters: Readonly<Counters>;
}

/** Throws when a name in the settings is none. */
export function createResolver(parts: ResolverParts): Resolver {
  const { mappings, host, settings, sockets, clock = systemClock, random = (below) => randomInt(below) } = parts;
  const { ttlCeilingSeconds } = settings;
  const counters = newCounters();
  const report = onceIn(REPORT_EVERY_MS, clock, parts.report ?? (() => {}));
  let inFlight = 0;

  const upstreams = forward({ exchange: createExchange({ sockets, random, counters }), clock, counters });
  const cache = answerCache({ entries: settings.cacheEntries, clock, counters });
  const answered = chain(
    [
      refuseOverload(clock, counters),
      relayTransfer({ sockets, random, clock, counters }),
      neverSilent(counters),
      relay(upstreams, counters),
      ...(settings.dohCanary ? [dohCanary(counters)] : []),
      mergeEqual(clock, counters),
      reverse({ mappings, ttlCeilingSeconds, counters }),
      ...(settings.svcbHints === 'strip' ? [stripHints(counters)] : []),
      synthesizeA({
        ...(parts.hosts && { hosts: followHosts(parts.hosts) }),
        mappings,
        host,
        settings,
        clock,
        counters,
        report,
      }),
      // Below synthesis: then no synthesized answer is older than its mapping.
      cache.handler,
    ],
    upstreams,
  );

  return {
    counters,
    flush: () => cache.flush(),
    get inFlight() {
      return inFlight;
    },
    async answer(octets, arrival) {
      counters.questions++;
      if (octets.length < HEADER_LENGTH || hasFlag(octets, flag.QR)) {
        counters.malformed++;
        return undefined;
      }
      const over = new AbortController();
      const question = readQuestion(octets, arrival, over.signal);
      if (question === undefined) {
        counters.malformed++;
        return writeBareError(octets, RCODE.FormErr);
      }
      inFlight++;
      const callOff = clock.after(ANSWER_WITHIN_MS, () => over.abort());
      try {
        const answer = await answered(question);
        return answer && withId(answer, idOf(octets));
      } catch (error) {
        counters.servfail++;
        report(`a question could not be answered: ${error instanceof Error ? error.stack : error}`);
        return withId(errorAnswer(question, RCODE.ServFail), idOf(octets));
      } finally {
        callOff();
        over.abort();
        inFlight--;
      }
    },
  };
}

/** Lets a line through to `report` at most every `milliseconds`. */
function onceIn(milliseconds: number, clock: Clock, report: (line: string) => void): (line: string) => void {
  const last = new Map<string, number>();
  return (line) => {
    const before = last.get(line);
    if (before !== undefined && clock.now() - before < milliseconds) return;
    last.set(line, clock.now());
    report(line);
  };
}
