/**
 * The extension name resolver (RFC 6535 §2.3): a question in, an answer out. This is the one place where the order of
 * what it does can be read.
 */
import { randomInt } from 'node:crypto';
import { ipv4 } from '../mapper/address/ipv4.ts';
import { answerCache } from './answer-cache.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Counters, newCounters, newRowCounters, type RowCounters } from './counters.ts';
import { dohCanary } from './doh-canary.ts';
import { errorAnswer } from './error-answer.ts';
import { followHosts } from './hosts-file.ts';
import type { HostView, Mappings } from './mappings.ts';
import { mergeEqual } from './merge-equal.ts';
import { RCODE } from './message/constants.ts';
import { flag, HEADER_LENGTH, hasFlag, idOf, withId } from './message/header.ts';
import { writeBareError } from './message/write.ts';
import { neverSilent } from './never-silent.ts';
import { onceIn } from './once-in.ts';
import { learnPref64 } from './pref64.ts';
import { type Arrival, chain, type Handler, type Next, OVER, type Question, readQuestion } from './question.ts';
import { type QuestionLine, questionLine } from './question-log.ts';
import { refuseLoops } from './refuse-loops.ts';
import { refuseOverload } from './refuse-overload.ts';
import { relay } from './relay.ts';
import { relayTransfer } from './relay-transfer.ts';
import { reverse } from './reverse.ts';
import { ServerLists } from './server-lists.ts';
import type { ResolverSettings } from './settings.ts';
import { stripHints } from './strip-hints.ts';
import { synthesizeA } from './synthesize-a.ts';
import { newTrace, type TraceEvent } from './trace.ts';
import { createExchanges } from './upstream/exchange.ts';
import { forward } from './upstream/failover.ts';
import type { UpstreamSockets } from './upstream/sockets.ts';
import type { Upstream } from './upstream/upstream.ts';

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
  /** Takes a line for every question that was answered; without it nothing is noted (S12). */
  readonly logQuestion?: (line: QuestionLine) => void;
}

/** What came of explaining a question. */
export interface Explained {
  readonly answer: Uint8Array | undefined;
  readonly events: readonly TraceEvent[];
}

export interface Resolver {
  /**
   * The answer to a message, under its ID; of an answer of several messages the last. `undefined`: nothing is to be
   * said (any more). Within 4.5 s, and never rejects. The arrival's list of upstreams must not change meanwhile.
   */
  answer(message: Uint8Array, arrival: Arrival): Promise<Uint8Array | undefined>;
  /**
   * What would be answered to a message if one of these servers were asked, and all that led to it. Asks them, and
   * changes nothing: what the answer has in the place of spool addresses means nothing. Throws if it is no question.
   */
  explain(message: Uint8Array, upstreams: readonly Upstream[]): Promise<Explained>;
  /** Which addresses are the host's and the network's, as far as these servers know. */
  readonly seen: (upstreams: readonly Upstream[]) => Pick<HostView, 'isOwn' | 'pref64'>;
  /** Which servers are asked: kept by the listeners. Servers that are new are looked at for loops (D7) and NAT64. */
  readonly servers: ServerLists;
  /** Those of them that lead back to us, and are not asked. */
  readonly loops: readonly Upstream[];
  /** Forgets all answers that were kept. */
  flush(): void;
  /**
   * The network is another, or time has passed unseen (D9): forgets what was kept, asks what is under way once more
   * through fresh sockets, and looks at all servers anew.
   */
  reset(): void;
  /** Questions being worked on now. */
  readonly inFlight: number;
  readonly counters: Readonly<Counters>;
  /** A questions by the row of the answer table that decided them. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Throws when a name in the settings is none. */
export function createResolver(parts: ResolverParts): Resolver {
  const { mappings, host, settings, sockets, clock = systemClock, random = (below) => randomInt(below) } = parts;
  const { ttlCeilingSeconds } = settings;
  const counters = newCounters();
  const report = onceIn(REPORT_EVERY_MS, clock, parts.report ?? (() => {}));
  let inFlight = 0;

  const rows = newRowCounters();
  const exchanges = createExchanges({ sockets, random, counters });
  const loops = refuseLoops({ ask: exchanges.ask, random, clock, report });
  const pref64 = learnPref64({ ask: exchanges.ask, clock });
  const look = (upstream: Upstream): void => {
    loops.look(upstream);
    pref64.look(upstream);
  };
  const servers = new ServerLists((list) => {
    pref64.keep(servers.upstreams);
    list.forEach(look);
  });
  const seen: Resolver['seen'] = (list) => ({
    isOwn: (address) => host.isOwn(address),
    pref64: () => [...host.pref64(), ...pref64.of(list)],
  });
  const upstreams = forward({ exchange: exchanges.ask, clock, counters, loops });
  const cache = answerCache({ entries: settings.cacheEntries, clock, counters });
  const hosts = parts.hosts && followHosts(parts.hosts);

  /** What judges a question, in this order; `between` stands where equal questions can still be seen to be equal. */
  function judges(
    mapper: Mappings,
    counted: Counters,
    between: readonly Handler[],
    rowsCounted?: RowCounters,
  ): Handler[] {
    return [
      neverSilent(counted),
      relay(upstreams, counted),
      ...(settings.dohCanary ? [dohCanary(counted)] : []),
      ...between,
      reverse({ mappings: mapper, ttlCeilingSeconds, counters: counted }),
      ...(settings.svcbHints === 'strip' ? [stripHints(counted)] : []),
      synthesizeA({
        ...(hosts && { hosts }),
        ...(rowsCounted && { rows: rowsCounted }),
        mappings: mapper,
        host,
        seen,
        isSeen: pref64.ready,
        settings,
        clock,
        counters: counted,
        report,
      }),
      // Below synthesis: then no synthesized answer is older than its mapping.
      cache.handler,
    ];
  }

  const answered = chain(
    [
      loops.handler,
      refuseOverload(clock, counters),
      relayTransfer({ sockets, random, clock, counters, loops }),
      ...judges(mappings, counters, [mergeEqual(clock, counters)], rows),
    ],
    upstreams,
  );
  // Explaining asks the network and changes nothing here: no mapping is made, nothing is promised, kept or counted.
  const explained = chain(judges(dry(mappings), newCounters(), []), upstreams);

  /** An answer by `handlers` in time, SERVFAIL if they fail. */
  async function within(question: Question, over: AbortController, handlers: Next): Promise<Uint8Array | undefined> {
    inFlight++;
    const callOff = clock.after(ANSWER_WITHIN_MS, () => over.abort(OVER));
    try {
      return await handlers(question);
    } catch (error) {
      counters.servfail++;
      report(`a question could not be answered: ${error instanceof Error ? error.stack : error}`);
      return errorAnswer(question, RCODE.ServFail);
    } finally {
      callOff();
      over.abort(OVER);
      inFlight--;
    }
  }

  return {
    counters,
    rows: rows.counts,
    servers,
    get loops() {
      return loops.all;
    },
    flush: () => cache.flush(),
    reset() {
      cache.flush();
      exchanges.renew();
      servers.upstreams.forEach(look);
    },
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
      const trace = parts.logQuestion && newTrace(false);
      const question = readQuestion(octets, arrival, over.signal, trace);
      if (question === undefined) {
        counters.malformed++;
        return writeBareError(octets, RCODE.FormErr);
      }
      const since = trace && clock.now();
      const answer = await within(question, over, answered);
      if (trace !== undefined && since !== undefined) {
        parts.logQuestion?.(questionLine(question, trace.events, answer, clock.now() - since));
      }
      return answer && withId(answer, idOf(octets));
    },
    async explain(octets, list) {
      const over = new AbortController();
      const trace = newTrace(true);
      const arrival: Arrival = { protocol: 'tcp', source: { address: '', port: 0 }, upstreams: list };
      const question = readQuestion(octets, arrival, over.signal, trace);
      if (question === undefined) throw new Error('Cannot explain what is no question');
      const answer = await within({ ...question, transport: 'either' }, over, explained);
      return { answer, events: trace.events };
    },
    seen,
  };
}

/** The same mappings, none of which can be made or promised by asking; the addresses it gives mean nothing. */
function dry(mappings: Mappings): Mappings {
  return {
    makeRoomFor: async (addresses) => addresses,
    assign: () => ipv4(0),
    mappingOf: (address) => mappings.mappingOf(address),
    isSpool: (address) => mappings.isSpool(address),
  };
}
