/**
 * The strict walk over a whole message (RFC 1035 §4.1): where everything is, and that nothing leaves its bounds. It runs
 * before anything else reads a message that came from outside; what it lets through can be read without checks.
 */
import { budget, specified } from './budget.ts';
import { CLASS, TYPE } from './constants.ts';
import { field, flagsOf, HEADER_LENGTH, uint16, uint32 } from './header.ts';
import { type Name, readName, skipName } from './name.ts';

/** Where a record's parts are, as offsets into the message. */
export interface RecordPlace {
  readonly owner: number;
  readonly type: number;
  readonly class: number;
  /** Seconds; a value with the highest bit set counts as 0 (RFC 2181 §8). For OPT the raw 32 bits. */
  readonly ttlSeconds: number;
  readonly data: number;
  readonly dataLength: number;
}

/** A message with exactly one question that was walked from end to end, or to the budget's end. */
export interface Message {
  readonly octets: Uint8Array;
  /** The name asked for, as it was written. */
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** Where the question section ends. */
  readonly questionEnd: number;
  readonly answers: readonly RecordPlace[];
  readonly authorities: readonly RecordPlace[];
  readonly additionals: readonly RecordPlace[];
  /** Whether every record was looked at; if not, there are more than the budget allows. */
  readonly isWhole: boolean;
}

/** Whether the data of a record fits its type, as far as we read that type. */
function isSoundData(octets: Uint8Array, record: RecordPlace): boolean {
  const { type, data, dataLength } = record;
  if (type === TYPE.CNAME || type === TYPE.DNAME || type === TYPE.PTR) {
    return skipName(octets, data) === data + dataLength;
  }
  if (record.class !== CLASS.IN) return true;
  return type === TYPE.A ? dataLength === 4 : type === TYPE.AAAA ? dataLength === 16 : true;
}

function readRecord(octets: Uint8Array, owner: number): RecordPlace | undefined {
  const fixed = skipName(octets, owner);
  const data = fixed + 10;
  if (fixed < 0 || data > octets.length) return undefined;
  const type = uint16(octets, fixed);
  const ttl = uint32(octets, fixed + 4);
  const record = {
    owner,
    type,
    class: uint16(octets, fixed + 2),
    ttlSeconds: type !== TYPE.OPT && ttl > 0x7fffffff ? 0 : ttl,
    data,
    dataLength: uint16(octets, fixed + 8),
  };
  return data + record.dataLength <= octets.length && isSoundData(octets, record) ? record : undefined;
}

/** Walks over a message. Returns `undefined` when it is not sound, or has not exactly one question. */
export function readMessage(octets: Uint8Array): Message | undefined {
  if (octets.length < HEADER_LENGTH || octets.length > specified.MESSAGE) return undefined;
  if (uint16(octets, field.QDCOUNT) !== 1) return undefined;
  const nameEnd = skipName(octets, HEADER_LENGTH);
  const name = readName(octets, HEADER_LENGTH);
  const questionEnd = nameEnd + 4;
  if (name === undefined || questionEnd > octets.length) return undefined;

  let at = questionEnd;
  let left: number = budget.RECORDS;
  let isWhole = true;
  const section = (count: number): RecordPlace[] | undefined => {
    const places: RecordPlace[] = [];
    if (count > left) isWhole = false;
    for (let remaining = Math.min(count, left); remaining > 0; remaining--) {
      const record = readRecord(octets, at);
      if (record === undefined) return undefined;
      places.push(record);
      at = record.data + record.dataLength;
    }
    left = isWhole ? left - count : 0;
    return places;
  };
  const answers = section(uint16(octets, field.ANCOUNT));
  const authorities = answers && section(uint16(octets, field.NSCOUNT));
  const additionals = authorities && section(uint16(octets, field.ARCOUNT));
  if (additionals === undefined || authorities === undefined || answers === undefined) return undefined;
  const type = uint16(octets, nameEnd);
  const asked = uint16(octets, nameEnd + 2);
  return { octets, name, type, class: asked, questionEnd, answers, authorities, additionals, isWhole };
}

/** What the OPT record of a message says (RFC 6891 §6.1.2, §6.1.3). */
export interface Edns {
  /** UDP payload size, octets; values under 512 count as 512 (§6.2.3). */
  readonly size: number;
  readonly version: number;
  readonly extendedRcode: number;
  readonly dnssecOk: boolean;
}

/** The OPT record of a message; `undefined` when it has none. */
export function ednsOf(message: Message): Edns | undefined {
  const opt = message.additionals.find((record) => record.type === TYPE.OPT);
  if (opt === undefined) return undefined;
  const bits = opt.ttlSeconds;
  return {
    size: Math.max(opt.class, specified.UDP_MESSAGE),
    extendedRcode: bits >>> 24,
    version: (bits >>> 16) & 255,
    dnssecOk: (bits & 0x8000) !== 0,
  };
}

/** The response code, with the upper bits an OPT record adds (RFC 6891 §6.1.3). */
export function rcodeOf(message: Message): number {
  return ((ednsOf(message)?.extendedRcode ?? 0) << 4) | (flagsOf(message.octets) & 15);
}
