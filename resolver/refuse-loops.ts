/**
 * Notices servers that lead back to us (D7), as CoreDNS and dnsmasq do: each is asked for a name that nobody else can
 * know, and if that question comes in here, whoever was asked sent it. Such a server is not asked any more until another
 * such question has had an answer from elsewhere.
 */
import type { Clock } from './clock.ts';
import { errorAnswer } from './error-answer.ts';
import { CLASS, RCODE, TYPE } from './message/constants.ts';
import { nameKey, parseName } from './message/name.ts';
import { writeQuestion } from './message/write.ts';
import type { Handler } from './question.ts';
import type { Exchange } from './upstream/exchange.ts';
import { type Upstream, upstreamName } from './upstream/upstream.ts';

/** Our own choices, milliseconds. */
const choice = {
  /** How long an answer to one of the questions is waited for, and how many are asked: a datagram may be lost. */
  PATIENCE: 2000,
  TRIES: 2,
  /** How long such a question counts as ours after it was given up: a ring may be slow. */
  LATE: 10_000,
  /** A server that was set aside, or is silent, is looked at again no sooner than this. */
  AGAIN: 30_000,
} as const;

export interface LoopParts {
  readonly ask: Exchange;
  readonly random: (below: number) => number;
  readonly clock: Clock;
  /** Takes lines for the log. */
  readonly report: (line: string) => void;
}

export interface Loops {
  /** Answers the questions we asked ourselves; belongs at the top. */
  readonly handler: Handler;
  /** Asks `upstream` whether it leads back to us. */
  look(upstream: Upstream): void;
  /** Looks at one of those again, unless it did a short while ago: it is silent, which is what a loop looks like. */
  suspect(upstream: Upstream): void;
  /** Whether an upstream leads back to us, as far as is known. Sees to it that this is found out anew now and then. */
  isLoop(upstream: Upstream): boolean;
  /** Those that do. */
  readonly all: readonly Upstream[];
}

/** One server that was asked: its last question, and when. */
interface Look {
  readonly upstream: Upstream;
  readonly since: number;
  hasReturned: boolean;
}

export function refuseLoops({ ask, random, clock, report }: LoopParts): Loops {
  const outstanding = new Map<string, Look>();
  const lastLooks = new Map<string, number>();
  const loops = new Map<string, Upstream>();

  /** Two labels of 64 random bits. No special name (RFC 6761): stubs would answer those themselves, and hide a loop. */
  function nonce(): string {
    const word = (): string => random(0x10000).toString(16).padStart(4, '0');
    const label = (): string => word() + word() + word() + word();
    return `${label()}.${label()}`;
  }

  async function asked(octets: Uint8Array, upstream: Upstream): Promise<boolean> {
    const over = new AbortController();
    const callOff = clock.after(choice.PATIENCE, () => over.abort());
    const answer = await ask(octets, upstream, 'udp', over.signal);
    callOff();
    return answer !== undefined;
  }

  async function lookAt(upstream: Upstream): Promise<void> {
    const name = parseName(nonce());
    if (name === undefined) return;
    const key = nameKey(name);
    const look: Look = { upstream, since: clock.now(), hasReturned: false };
    outstanding.set(key, look);
    const octets = writeQuestion(name, TYPE.HINFO, false);
    let isAnswered = false;
    for (let tries = 0; tries < choice.TRIES && !isAnswered && !look.hasReturned; tries++) {
      isAnswered = await asked(octets, upstream);
    }
    if (isAnswered && !look.hasReturned && loops.delete(upstreamName(upstream))) {
      report(`the DNS server ${upstreamName(upstream)} does not lead back to us any more`);
    }
  }

  function look(upstream: Upstream): void {
    const now = clock.now();
    for (const [key, { since }] of outstanding) if (now - since > choice.LATE) outstanding.delete(key);
    lastLooks.set(upstreamName(upstream), now);
    void lookAt(upstream);
  }

  function suspect(upstream: Upstream): void {
    const last = lastLooks.get(upstreamName(upstream));
    if (last !== undefined && clock.now() - last >= choice.AGAIN) look(upstream);
  }

  function returned(found: Look): void {
    found.hasReturned = true;
    const name = upstreamName(found.upstream);
    if (!loops.has(name)) report(`the DNS server ${name} leads back to us: it is not asked any more`);
    loops.set(name, found.upstream);
  }

  return {
    look,
    suspect,
    isLoop(upstream) {
      if (loops.size === 0 || !loops.has(upstreamName(upstream))) return false;
      suspect(upstream);
      return true;
    },
    get all() {
      return [...loops.values()];
    },
    handler: async (question, next) => {
      const { message } = question;
      if (message?.type !== TYPE.HINFO || message.class !== CLASS.IN) return next(question);
      const found = outstanding.get(nameKey(message.name));
      if (found === undefined) return next(question);
      returned(found);
      return errorAnswer(question, RCODE.NXDomain);
    },
  };
}
