/**
 * How long an answer may be kept, and what it looks like after a while (RFC 1035 §4.1.3, RFC 2308 §5, RFC 9520 §3.2):
 * its TTLs go down, no other octet changes.
 */
import { followAliases } from './alias-chain.ts';
import { CLASS, RCODE, TYPE } from './constants.ts';
import { flag, hasFlag, putUint16, uint32 } from './header.ts';
import { type Message, type RecordPlace, rcodeOf, readMessage } from './message.ts';

/** RFC 2308 §5: "values of one to three hours have been found to work well". */
const LONGEST_NEGATIVE_SECONDS = 3 * 3600;

/** Our own choices, seconds. */
const choice = {
  LONGEST: 86_400,
  /** RFC 9520 §3.2 wants at least this, so that a failing server is not asked over and over. */
  SERVFAIL: 1,
} as const;

/** An answer that may be said again. */
export interface Keepable {
  readonly octets: Uint8Array;
  /** From now; at least 1. */
  readonly lifetimeSeconds: number;
  /** Where the TTLs are, and what each was when the answer came. */
  readonly ttls: readonly { readonly offset: number; readonly seconds: number }[];
}

/** An SOA's MINIMUM field is its last four octets (RFC 1035 §3.3.13). Two root names and five numbers are the least. */
function minimumOf(octets: Uint8Array, soa: RecordPlace): number {
  const minimum = soa.dataLength < 22 ? 0 : uint32(octets, soa.data + soa.dataLength - 4);
  return minimum > 0x7fffffff ? 0 : minimum;
}

/** The SOA that says how long a negative answer holds. */
function negativeSoa(message: Message): RecordPlace | undefined {
  return message.authorities.find((record) => record.type === TYPE.SOA && record.class === CLASS.IN);
}

/** The most seconds an answer of this kind may be kept, whatever its TTLs say; 0 for kinds that are not kept. */
function mostSeconds(message: Message): number {
  const rcode = rcodeOf(message);
  if (rcode === RCODE.ServFail) return choice.SERVFAIL;
  if (rcode !== RCODE.NoError && rcode !== RCODE.NXDomain) return 0;
  const chain = followAliases(message, message.type);
  if (chain === undefined) return 0;
  if (rcode === RCODE.NoError && chain.records.length > 0) return choice.LONGEST;
  // Without SOA a negative answer must not be kept (RFC 2308 §5); it may be a referral as well.
  return negativeSoa(message) === undefined ? 0 : LONGEST_NEGATIVE_SECONDS;
}

/**
 * What is to be known about an answer to keep it; `undefined` if it must not be kept: it is truncated, cannot be read to
 * its end, is an error other than SERVFAIL, a negative answer without SOA, or one of its TTLs is 0.
 */
export function keepable(answer: Uint8Array): Keepable | undefined {
  const message = readMessage(answer);
  if (message === undefined || !message.isWhole || hasFlag(answer, flag.TC)) return undefined;
  const most = mostSeconds(message);
  const isNegative = most === LONGEST_NEGATIVE_SECONDS;
  const soa = isNegative ? negativeSoa(message) : undefined;
  const ttls = [...message.answers, ...message.authorities, ...message.additionals]
    .filter((record) => record.type !== TYPE.OPT)
    .map((record) => {
      // Who is told the SOA's own TTL later on would start its MINIMUM anew, so from now on it is the lesser of both.
      const seconds = record === soa ? Math.min(record.ttlSeconds, minimumOf(answer, soa)) : record.ttlSeconds;
      return { offset: record.data - 6, seconds };
    });
  const lifetimeSeconds = Math.min(most, ...ttls.map(({ seconds }) => seconds));
  return lifetimeSeconds > 0 ? { octets: Uint8Array.from(answer), lifetimeSeconds, ttls } : undefined;
}

/** A copy of a kept answer as it is after whole `seconds`, up to its lifetime. Round up, so that no TTL is extended. */
export function aged({ octets, ttls }: Keepable, seconds: number): Uint8Array {
  const copy = Uint8Array.from(octets);
  for (const { offset, seconds: ttl } of ttls) {
    const left = ttl - seconds;
    putUint16(copy, offset, left >>> 16);
    putUint16(copy, offset + 2, left & 0xffff);
  }
  return copy;
}
