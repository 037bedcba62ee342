/** Asking several upstreams: which first, and when the next (E19). Health is what was observed while asking; nobody is probed. */
import type { Clock } from '../clock.ts';
import type { Counters } from '../counters.ts';
import { RCODE } from '../message/constants.ts';
import { flag, flagsOf, hasFlag } from '../message/header.ts';
import { type Next, OVER, type Question } from '../question.ts';
import type { Loops } from '../refuse-loops.ts';
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
  /** Servers that lead back to us are not asked (D7). */
  readonly loops?: Pick<Loops, 'isLoop' | 'suspect'>;
}

/**
 * Whether another server may know better: this one has failed, or does not want to be asked, as the C library sees it too.
 * Without recursion desired, or for another opcode, a refusal is an answer.
 */
function isNoHelp({ message }: Question, answer: Uint8Array): boolean {
  const rcode = flagsOf(answer) & 15;
  const isForAnybody = message !== undefined && hasFlag(message.octets, flag.RD);
  return isForAnybody && (rcode === RCODE.ServFail || rcode === RCODE.Refused);
}

/**
 * The end of the list of handlers: asks the upstreams of the question's arrival, and says what the first said that could
 * help; if none could, what the first said.
 */
export function forward({ exchange, clock, counters, loops }: FailoverParts): Next {
  const setAsideUntil = new WeakMap<Upstream, number>();
  const isSetAside = (upstream: Upstream): boolean => (setAsideUntil.get(upstream) ?? 0) > clock.now();

  async function askOne(question: Question, upstream: Upstream, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const answer = await traced(question, upstream, signal);
    if (answer !== undefined) setAsideUntil.delete(upstream);
    else if (!signal.aborted) setAsideUntil.set(upstream, clock.now() + choice.SET_ASIDE);
    return answer;
  }

  async function traced(question: Question, upstream: Upstream, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { octets, transport, trace } = question;
    const since = trace && clock.now();
    const answer = await exchange(octets, upstream, transport, signal);
    if (answer === undefined && question.signal.aborted) loops?.suspect(upstream);
    if (trace !== undefined && since !== undefined) {
      trace.note({ kind: 'asked', upstream, transport, question: octets, answer, milliseconds: clock.now() - since });
    }
    return answer;
  }

  /** All servers that may be asked; the same list, where that is all of them. */
  function withoutLoops({ arrival: { upstreams }, trace }: Question): readonly Upstream[] {
    const isLoop = (upstream: Upstream): boolean => loops?.isLoop(upstream) === true;
    if (!upstreams.some(isLoop)) return upstreams;
    for (const upstream of upstreams.filter(isLoop)) trace?.note({ kind: 'loop', upstream });
    return upstreams.filter((upstream) => !isLoop(upstream));
  }

  /** Asks one after the other, the next when the one before has failed, was no help or has taken too long. */
  function firstAnswer(question: Question, list: readonly Upstream[], signal: AbortSignal): ReturnType<Next> {
    return new Promise((resolve) => {
      let failed = 0;
      /** The first answer that was no help: better than none. */
      let noHelp: Uint8Array | undefined;
      let isLastOver = false;
      signal.addEventListener('abort', () => resolve(noHelp));
      const ask = (index: number): void => {
        const upstream = list[index];
        isLastOver = upstream === undefined;
        if (isLastOver && noHelp !== undefined) resolve(noHelp);
        if (upstream === undefined || signal.aborted) return;
        if (index > 0) counters.failovers++;
        let isNextAsked = false;
        const askNext = (): void => {
          if (isNextAsked) return;
          isNextAsked = true;
          ask(index + 1);
        };
        let isAnswered = false;
        const callOff = clock.after(choice.PATIENCE, () => {
          if (!isAnswered) setAsideUntil.set(upstream, clock.now() + choice.SET_ASIDE);
          askNext();
        });
        signal.addEventListener('abort', callOff);
        void askOne(question, upstream, signal).then((answer) => {
          isAnswered = answer !== undefined;
          if (answer !== undefined && !isNoHelp(question, answer)) return resolve(answer);
          noHelp ??= answer;
          if (++failed === list.length || (isLastOver && noHelp !== undefined)) return resolve(noHelp);
          // Behind the last there is nobody to ask: those that are merely slow have until its time is over.
          if (index + 1 === list.length) return;
          callOff();
          askNext();
        });
      };
      ask(0);
    });
  }

  return async (question) => {
    const upstreams = withoutLoops(question);
    const [only] = upstreams;
    if (only === undefined || question.signal.aborted) return undefined;
    if (upstreams.length === 1) return traced(question, only, question.signal);

    const order = [...upstreams.filter((one) => !isSetAside(one)), ...upstreams.filter(isSetAside)];
    const over = new AbortController();
    const end = (): void => over.abort(OVER);
    question.signal.addEventListener('abort', end);
    try {
      return await firstAnswer(question, order.slice(0, choice.UPSTREAMS), over.signal);
    } finally {
      question.signal.removeEventListener('abort', end);
      end();
    }
  };
}
