/** What `bis resolve` and `bis explain` ask of a running bump: questions of its resolver, and what its mapper knows. */
import { formatIpv4, type Ipv4Address, parseIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6, type Ipv6Address, Ipv6Words, parseIpv6 } from '../mapper/address/ipv6.ts';
import { type AddressMap, NO_ADDRESS } from '../mapper/address-map.ts';
import type { AddressMapper } from '../mapper/address-mapper.ts';
import { exclusionOfAaaa } from '../resolver/exclusions.ts';
import { explain } from '../resolver/explain.ts';
import { TYPE } from '../resolver/message/constants.ts';
import { flag, hasFlag } from '../resolver/message/header.ts';
import { rcodeOf, readMessage } from '../resolver/message/message.ts';
import { formatName, type Name, parseName } from '../resolver/message/name.ts';
import { recordText } from '../resolver/message/record-text.ts';
import { reverseNameOf, reverseNameOfIpv4 } from '../resolver/message/reverse-name.ts';
import { formatRcode, formatType, parseType } from '../resolver/message/types.ts';
import { writeQuestion } from '../resolver/message/write.ts';
import type { Arrival } from '../resolver/question.ts';
import type { Resolver } from '../resolver/resolver.ts';
import { type Upstream, upstreamName } from '../resolver/upstream/upstream.ts';
import type { AddressExplanation, MappingRow, NameExplanation, QuestionText, Resolution } from './control/agent.ts';
import { BadRequest } from './control/bad-request.ts';
import type { Questions } from './questions/questions.ts';
import { mappingRow } from './status.ts';

export interface InquiryParts {
  readonly resolver: Pick<Resolver, 'answer' | 'explain' | 'servers' | 'seen'>;
  readonly mapper: Pick<AddressMapper, 'isSpool' | 'addressOf' | 'listed'>;
  /** The explicit mappings that hold. */
  readonly explicit: AddressMap;
  /** Whose questions cannot be taken. */
  readonly questions: Pick<Questions, 'gaps'>;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/** A question that has been read: a name and a type. */
export interface Asked {
  readonly name: Name;
  readonly type: number;
}

/**
 * Reads a question; an address in the place of a name is asked for its name. Throws a `BadRequest` when the name or the
 * type is none.
 */
export function readQuestionText({ name, type }: QuestionText): Asked {
  const address = readAddress(name);
  if (address !== undefined && ['A', 'PTR'].includes(type.toUpperCase())) {
    const { ipv4, ipv6 } = address;
    return { name: ipv6 === undefined ? reverseNameOfIpv4(ipv4) : reverseNameOf(ipv6), type: TYPE.PTR };
  }
  const read = { name: parseName(name), type: parseType(type) };
  if (read.name === undefined) throw new BadRequest(`Cannot ask for ${JSON.stringify(name)}: it is no name`);
  if (read.type === undefined) throw new BadRequest(`Cannot ask for ${JSON.stringify(type)}: it is no type`);
  return { name: read.name, type: read.type };
}

/** Asks as a program of this host would: over UDP with EDNS, and over TCP if that is truncated. */
export async function resolve({ resolver }: InquiryParts, { name, type }: Asked): Promise<Resolution> {
  const [upstreams = []] = resolver.servers.lists;
  const question = writeQuestion(name, type, true);
  const since = performance.now();
  const arrivalOver = (protocol: Arrival['protocol']): Arrival => ({
    protocol,
    source: { address: '127.0.0.1', port: 0 },
    upstreams,
  });
  let answer = await resolver.answer(question, arrivalOver('udp'));
  if (answer !== undefined && hasFlag(answer, flag.TC)) answer = await resolver.answer(question, arrivalOver('tcp'));
  const message = answer && readMessage(answer);
  return {
    name: formatName(name),
    type: formatType(type),
    servers: upstreams.map(upstreamName),
    rcode: message === undefined ? 'none' : formatRcode(rcodeOf(message)),
    milliseconds: Math.round((performance.now() - since) * 10) / 10,
    answers: message?.answers.map((record) => recordText(message, record)) ?? [],
    authorities: message?.authorities.map((record) => recordText(message, record)) ?? [],
    additionals:
      message?.additionals.filter(({ type }) => type !== TYPE.OPT).map((record) => recordText(message, record)) ?? [],
  };
}

/** Asks every list of servers that questions are asked of, and changes nothing. */
export async function explainName(parts: InquiryParts, { name, type }: Asked): Promise<NameExplanation> {
  const { resolver } = parts;
  const question = writeQuestion(name, type, true);
  const explained = async (upstreams: readonly Upstream[]): Promise<NameExplanation['servers'][number]> => {
    const { answer, events } = await resolver.explain(question, upstreams);
    const { standsFor, ...rest } = explain(events, answer, { mappings: parts.mapper, host: resolver.seen(upstreams) });
    const mappings = standsFor.map((text) => {
      const ipv6 = parseIpv6(text);
      return {
        ipv6: text,
        explicit: (ipv6 && explicitOf(parts, { ipv6 })?.ipv4) ?? null,
        mapping: rowOf(parts, ipv6 && parts.mapper.addressOf(ipv6)),
      };
    });
    return { servers: upstreams.map(upstreamName), ...rest, mappings };
  };
  return {
    name: formatName(name),
    type: formatType(type),
    servers: await Promise.all(resolver.servers.lists.map(explained)),
    notFor: parts.questions.gaps().map(({ text }) => text),
  };
}

/** The mapping of an address, with all that is told about it. */
function rowOf({ mapper, now }: InquiryParts, address: Ipv4Address | undefined): MappingRow | null {
  const mapping = address === undefined ? undefined : mapper.listed(address);
  return mapping === undefined ? null : mappingRow(mapping, now());
}

type Address =
  | { readonly ipv4: Ipv4Address; readonly ipv6?: never }
  | { readonly ipv4?: never; readonly ipv6: Ipv6Address };

/** The explicit mapping that an address is of, if it is of one. */
function explicitOf({ explicit }: InquiryParts, address: Address): AddressExplanation['explicit'] {
  const out = new Ipv6Words();
  const ipv4 = address.ipv4 ?? explicit.toIpv4(address.ipv6);
  if (ipv4 === NO_ADDRESS || !explicit.toIpv6(ipv4, out)) return null;
  return { ipv4: formatIpv4(ipv4), ipv6: formatIpv6(address.ipv6 ?? out) };
}

/** An address, of which a zone (`%eth0`) means nothing here; `undefined` if the text is none. */
function readAddress(text: string): Address | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { ipv4 };
  const ipv6 = parseIpv6(text.replace(/%.+$/, ''));
  return ipv6 && { ipv6 };
}

/** What an address stands for, or what stands for it; `undefined` if the text is no address. */
export function explainAddress(parts: InquiryParts, text: string): AddressExplanation | undefined {
  const address = readAddress(text);
  if (address === undefined) return undefined;
  const { ipv4, ipv6 } = address;
  const { seen, servers } = parts.resolver;
  return {
    address: ipv6 === undefined ? formatIpv4(ipv4) : formatIpv6(ipv6),
    isSpool: ipv4 === undefined ? null : parts.mapper.isSpool(ipv4),
    explicit: explicitOf(parts, address),
    mapping: rowOf(parts, ipv6 === undefined ? ipv4 : parts.mapper.addressOf(ipv6)),
    excluded: ipv6 === undefined ? null : (exclusionOfAaaa(ipv6, seen(servers.upstreams)) ?? null),
  };
}
