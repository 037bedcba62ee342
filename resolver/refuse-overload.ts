/** Refuses questions while too many are under way (D6), so that those that can be answered are. */
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { RCODE } from './message/constants.ts';
import type { Handler } from './question.ts';

/** Our own choice: each of these may hold two sockets. */
export const MOST_IN_FLIGHT = 1024;
/**
 * Our own choice, milliseconds: what is not answered by then gives way to a new question. Otherwise whoever asks 240
 * questions a second of a silent server would leave no room for anybody.
 */
export const CHANCE_MS = 1000;

interface UnderWay {
  readonly since: number;
  readonly giveWay: () => void;
}

export function refuseOverload(clock: Clock, counters: Pick<Counters, 'refused'>): Handler {
  /** The oldest first. */
  const underWay = new Set<UnderWay>();

  /** Whether there is room for one more, if need be by ending the oldest that has had its chance. */
  function hasRoom(): boolean {
    if (underWay.size < MOST_IN_FLIGHT) return true;
    const [oldest] = underWay;
    if (oldest === undefined || clock.now() - oldest.since < CHANCE_MS) return false;
    underWay.delete(oldest);
    oldest.giveWay();
    return true;
  }

  return async (question, next) => {
    const refused = (): Uint8Array => {
      counters.refused++;
      return errorAnswer(question, RCODE.Refused);
    };
    if (!hasRoom()) return refused();
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const own: UnderWay = { since: clock.now(), giveWay: () => resolve(refused()) };
    underWay.add(own);
    try {
      // Once this is answered, the question's signal ends what is still being done for it.
      return await Promise.race([next(question), promise]);
    } finally {
      underWay.delete(own);
    }
  };
}
