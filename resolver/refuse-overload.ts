/** Refuses questions while too many are under way (D6), so that those that can be answered are. */
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { RCODE } from './message/constants.ts';
import type { Handler } from './question.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Our own choice: each of these may hold two sockets. */
export const MOST_IN_FLIGHT = 1024;
/**
 * Our own choice, milliseconds: what is not answered by then gives way to a new question. Otherwise whoever asks 240
 * questions a second of a silent server would leave no room for anybody.
 */
export const CHANCE_MS = 1000;
/**
 * Our own choice: questions of one list of servers that need not give way to those of others. Otherwise whoever floods a
 * silent server would have the questions to all others refused.
 */
export const SHARE = MOST_IN_FLIGHT / 2;

interface UnderWay {
  readonly since: number;
  readonly upstreams: readonly Upstream[];
  readonly giveWay: () => void;
}

export function refuseOverload(clock: Clock, counters: Pick<Counters, 'refused'>): Handler {
  /** The oldest first. */
  const underWay = new Set<UnderWay>();
  const counts = new Map<readonly Upstream[], number>();
  const countOf = (upstreams: readonly Upstream[]): number => counts.get(upstreams) ?? 0;

  function add(own: UnderWay): void {
    underWay.add(own);
    counts.set(own.upstreams, countOf(own.upstreams) + 1);
  }

  function remove(own: UnderWay): void {
    if (!underWay.delete(own)) return;
    const rest = countOf(own.upstreams) - 1;
    if (rest > 0) counts.set(own.upstreams, rest);
    else counts.delete(own.upstreams);
  }

  /** The oldest, if it has had its chance; else, for who holds less than a share, the oldest of who holds more. */
  function whoGivesWay(upstreams: readonly Upstream[]): UnderWay | undefined {
    const [oldest] = underWay;
    if (oldest !== undefined && clock.now() - oldest.since >= CHANCE_MS) return oldest;
    if (countOf(upstreams) >= SHARE) return undefined;
    return underWay.values().find((one) => countOf(one.upstreams) > SHARE);
  }

  /** Whether there is room for one more question to these servers, if need be by ending another. */
  function hasRoom(upstreams: readonly Upstream[]): boolean {
    if (underWay.size < MOST_IN_FLIGHT) return true;
    const one = whoGivesWay(upstreams);
    if (one === undefined) return false;
    remove(one);
    one.giveWay();
    return true;
  }

  return async (question, next) => {
    const refused = (): Uint8Array => {
      counters.refused++;
      return errorAnswer(question, RCODE.Refused);
    };
    const { upstreams } = question.arrival;
    if (!hasRoom(upstreams)) return refused();
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const own: UnderWay = { since: clock.now(), upstreams, giveWay: () => resolve(refused()) };
    add(own);
    try {
      // Once this is answered, the question's signal ends what is still being done for it.
      return await Promise.race([next(question), promise]);
    } finally {
      remove(own);
    }
  };
}
