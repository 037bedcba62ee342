/** Asking several upstreams: which first, and when the next (E19). Health is what was observed while asking; nobody is probed. */
import type { Clock } from '../clock.ts';
import type { Counters } from '../counters.ts';
import type { Next, Question } from '../question.ts';
import type { Exchange } from './exchange.ts';
import type { Upstream } from './upstream.ts';

/** Our own choices, milliseconds. */
const choice = {
  /** An upstream that has not answered by now is joined by the next one; it may still win. */
  PATIENCE: 1000,
  /** How long an upstream that did not answer is asked last. */
  SET_ASIDE: 30_000,
  /** Upstreams asked for one question at most. */
  UPSTREAMS: 4,
} as const;

export interface FailoverParts {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'failovers'>;
}

/** The end of the list of handlers: asks the upstreams of the question's arrival, and says what the first to answer said. */
export function forward({ exchange, clock, counters }: FailoverParts): Next {
  const setAsideUntil = new WeakMap<Upstream, number>();
  const isSetAside = (upstream: Upstream): boolean => (setAsideUntil.get(upstream) ?? 0) > clock.now();

  async function askOne(question: Question, upstream: Upstream, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const answer = await exchange(question.octets, upstream, question.transport, signal);
    if (answer !== undefined) setAsideUntil.delete(upstream);
    else if (!signal.aborted) setAsideUntil.set(upstream, clock.now() + choice.SET_ASIDE);
    return answer;
  }

  /** Asks one after the other, the next when the one before has failed or taken too long. */
  function firstAnswer(question: Question, list: readonly Upstream[], signal: AbortSignal): ReturnType<Next> {
    return new Promise((resolve) => {
      let failed = 0;
      signal.addEventListener('abort', () => resolve(undefined));
      const ask = (index: number): void => {
        const upstream = list[index];
        if (upstream === undefined || signal.aborted) return;
        if (index > 0) counters.failovers++;
        let isNextAsked = false;
        const askNext = (): void => {
          if (isNextAsked) return;
          isNextAsked = true;
          ask(index + 1);
        };
        const callOff = clock.after(choice.PATIENCE, () => {
          setAsideUntil.set(upstream, clock.now() + choice.SET_ASIDE);
          askNext();
        });
        void askOne(question, upstream, signal).then((answer) => {
          callOff();
          if (answer !== undefined || ++failed === list.length) resolve(answer);
          else askNext();
        });
      };
      ask(0);
    });
  }

  return async (question) => {
    const { upstreams } = question.arrival;
    const [only] = upstreams;
    if (only === undefined || question.signal.aborted) return undefined;
    if (upstreams.length === 1) return exchange(question.octets, only, question.transport, question.signal);

    const order = [...upstreams.filter((one) => !isSetAside(one)), ...upstreams.filter(isSetAside)];
    const over = new AbortController();
    const end = (): void => over.abort();
    question.signal.addEventListener('abort', end);
    try {
      return await firstAnswer(question, order.slice(0, choice.UPSTREAMS), over.signal);
    } finally {
      question.signal.removeEventListener('abort', end);
      end();
    }
  };
}
