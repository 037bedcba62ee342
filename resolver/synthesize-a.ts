/**
 * The heart of the extension name resolver (RFC 6535 §2.3): asks for A and AAAA together, and where there is no usable A
 * answers with one spool address for each usable AAAA. Here a DNS answer becomes a mapping.
 */
import type { Ipv4Address } from '../mapper/address/ipv4.ts';
import { decide } from './answer-table.ts';
import { type Clock, sleep } from './clock.ts';
import type { Counters, RowCounters } from './counters.ts';
import { errorAnswer } from './error-answer.ts';
import { isUsableAaaa } from './exclusions.ts';
import { fitting } from './fitting.ts';
import type { HostsFile } from './hosts-file.ts';
import type { HostView, Mappings } from './mappings.ts';
import { CLASS, RCODE, TYPE } from './message/constants.ts';
import { flag, hasFlag, putUint16 } from './message/header.ts';
import type { Message } from './message/message.ts';
import { formatName, keysUpward } from './message/name.ts';
import { withType, writeAnswer } from './message/write.ts';
import { namePolicy, type Policy } from './name-policy.ts';
import { type AaaaReading, type AReading, readA, readAaaa, SILENT_A } from './network-answer.ts';
import type { Pref64 } from './pref64.ts';
import type { Handler, Next, Question } from './question.ts';
import type { ResolverSettings } from './settings.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface SynthesisParts {
  readonly mappings: Mappings;
  readonly host: HostView;
  /** Asked before the network is asked for AAAA. */
  readonly hosts?: HostsFile;
  /** Which addresses are the host's and the network's, as far as a question's servers know; without it, as the host does. */
  readonly seen?: (upstreams: readonly Upstream[]) => Pick<HostView, 'isOwn' | 'pref64'>;
  /** Resolves when they have told; `undefined` if that is so already. */
  readonly isSeen?: Pref64['ready'];
  readonly settings: ResolverSettings;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly rows?: Pick<RowCounters, 'count'>;
  /** Takes lines for the log, at most one a minute. */
  readonly report: (line: string) => void;
}

/** The message, if it is a question that may be answered by synthesis (E8, E17): who validates would find us out. */
function judged({ message, edns }: Question): Message | undefined {
  if (message?.type !== TYPE.A || message.class !== CLASS.IN) return undefined;
  const isValidating = edns?.dnssecOk === true && hasFlag(message.octets, flag.CD);
  return isValidating ? undefined : message;
}

function whyNotJudged({ message }: Question): 'validating' | 'other type' {
  return message?.type === TYPE.A && message.class === CLASS.IN ? 'validating' : 'other type';
}

export function synthesizeA(parts: SynthesisParts): Handler {
  const { mappings, host, settings, clock, counters, seen = () => host } = parts;
  const policyOf = namePolicy(settings);

  return async (question, next) => {
    const message = judged(question);
    const policy = message && policyOf(keysUpward(message.name));
    if (message === undefined || policy === undefined || policy === 'never') {
      question.trace?.note({ kind: 'handled', by: message === undefined ? whyNotJudged(question) : 'never' });
      counters.passed++;
      return next(question);
    }
    const preferred = whyPreferred(policy);

    const aaaaComing = fromHosts(question, message) ?? fromNetwork(question, message, next);
    const aComing = askA(question, next, (octets) => readA(octets, message.name, mappings, preferred !== undefined));
    let isAHere = false;
    const aHere = aComing.then((reading) => {
      isAHere = true;
      return reading;
    });
    const a = await Promise.race([aHere, patience(aaaaComing, () => isAHere, question.signal)]);
    // A usable A is returned before AAAA has been heard of (E2).
    const aaaa = a.outcome === 'usable' ? undefined : await aaaaComing;

    const decision = aaaa === undefined ? 'answer as A was answered' : decide(a.outcome, aaaa.outcome);
    question.trace?.note({ kind: 'decided', a: a.outcome, aaaa: aaaa?.outcome, decision, policy, preferred });
    parts.rows?.count(a.outcome, aaaa?.outcome);
    if (decision === 'synthesize' && aaaa !== undefined) return synthesized(question, message, a, aaaa);
    if (decision === 'fail' || a.octets === undefined) return fail(question, a, aaaa);
    if (a.outcome === 'usable' || a.outcome === 'excluded') counters.unmodified++;
    else counters.negative++;
    return a.isFetchedWhole === true ? fitting(question, message, a.octets, counters) : a.octets;
  };

  function whyPreferred(policy: Policy | undefined): 'name' | 'no IPv4 route' | undefined {
    if (policy === 'always') return 'name';
    return settings.whenNoIpv4 === 'synthesize' && !host.hasIpv4Route() ? 'no IPv4 route' : undefined;
  }

  /** Judged when it is known how a NAT64 of the network would be told from it. */
  async function fromNetwork(question: Question, message: Message, next: Next): Promise<AaaaReading> {
    const octets = await askAaaa(question, message, next);
    await parts.isSeen?.(question.arrival.upstreams, question.signal);
    return readAaaa(octets, seen(question.arrival.upstreams));
  }

  /** What the hosts file says in the place of an AAAA answer (E25); `undefined` if it says nothing usable. */
  function fromHosts(question: Question, { name }: Message): Promise<AaaaReading> | undefined {
    const addresses =
      parts.hosts?.(name).filter((address) => isUsableAaaa(address, seen(question.arrival.upstreams))) ?? [];
    if (addresses.length === 0) return undefined;
    question.trace?.note({ kind: 'hosts', addresses });
    return Promise.resolve({ outcome: 'usable', addresses, ttlSeconds: settings.ttlCeilingSeconds });
  }

  /** Resolves to silence when the A answer has been missing for too long beside a usable AAAA (E4); otherwise never. */
  function patience(aaaaComing: Promise<AaaaReading>, isAHere: () => boolean, signal: AbortSignal): Promise<AReading> {
    return new Promise((resolve) => {
      const wait = async ({ outcome }: AaaaReading): Promise<void> => {
        if (outcome !== 'usable' || isAHere()) return;
        await sleep(clock, settings.waitForAMs, signal);
        resolve(SILENT_A);
      };
      // Whoever awaits the AAAA answer learns of its failure; here it only means that nothing ends the wait.
      void aaaaComing.then(wait, () => {});
    });
  }

  async function synthesized(
    question: Question,
    message: Message,
    a: AReading,
    aaaa: AaaaReading,
  ): Promise<Uint8Array> {
    const ttlSeconds = Math.min(
      aaaa.ttlSeconds,
      a.soaTtlSeconds ?? Number.POSITIVE_INFINITY,
      settings.ttlCeilingSeconds,
    );
    const promise = { name: formatName(message.name), ttlSeconds };
    const addresses = await mappings.makeRoomFor(aaaa.addresses);
    const assigned = addresses.map((ipv6) => mappings.assign(ipv6, promise)).filter((ipv4) => ipv4 !== undefined);
    if (assigned.length === 0) {
      counters.servfail++;
      counters.spoolUsedUp++;
      parts.report('every spool address is held: questions are answered with SERVFAIL');
      return errorAnswer(question, RCODE.ServFail, 'bis: every spool address is in use');
    }
    question.trace?.note({ kind: 'synthesized', addresses, ttlSeconds });
    counters.synthesized++;
    if (a.outcome === 'nxdomain') counters.synthesizedOverNxdomain++;
    const owner = aaaa.chain?.owner ?? message.name;
    const records = [
      ...(aaaa.chain?.aliases ?? []),
      ...assigned.map((ipv4) => ({ owner, type: TYPE.A, ttlSeconds, data: octetsOf(ipv4) })),
    ];
    return fitting(question, message, writeAnswer(message, { rcode: RCODE.NoError, records }), counters);
  }

  function fail(question: Question, a: AReading, aaaa: AaaaReading | undefined): Uint8Array {
    counters.servfail++;
    if (a.outcome === 'silence' || aaaa?.outcome === 'silence') counters.timeouts++;
    return errorAnswer(question, RCODE.ServFail);
  }
}

function askAaaa(question: Question, message: Message, next: Next): ReturnType<Next> {
  const transport = question.transport === 'tcp' ? 'tcp' : 'either';
  return next({ ...question, octets: withType(message, TYPE.AAAA), transport, isOurs: true });
}

/** Asks the question as it was asked; if that answer was cut before anything usable, asks again for all of it. */
async function askA(
  question: Question,
  next: Next,
  read: (octets: Uint8Array | undefined) => AReading,
): Promise<AReading> {
  const ours: Question = { ...question, isOurs: true };
  const reading = read(await next(ours));
  if (reading.isTruncated !== true || reading.outcome === 'usable' || question.transport === 'tcp') return reading;
  const whole = read(await next({ ...ours, transport: 'tcp' }));
  return whole.outcome === 'silence' ? reading : { ...whole, isFetchedWhole: true };
}

function octetsOf(address: Ipv4Address): Uint8Array {
  const octets = new Uint8Array(4);
  putUint16(octets, 0, address >>> 16);
  putUint16(octets, 2, address & 0xffff);
  return octets;
}
