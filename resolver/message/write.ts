/**
 * Writes the messages that are our own: synthesized answers, errors, and questions of our own making (RFC 1035 §4,
 * RFC 6891). Names go in as octets, which is why this is not left to dns-packet: it carries names as text.
 */

import type { WholeRecord } from './alias-chain.ts';
import { budget, specified } from './budget.ts';
import { CLASS, EXTENDED_ERROR, TYPE } from './constants.ts';
import { field, flag, flagsOf, HEADER_LENGTH, idOf, putUint16 } from './header.ts';
import { ednsOf, type Message } from './message.ts';
import type { Name } from './name.ts';

/** EDNS option number of an extended error (RFC 8914 §2). */
const EXTENDED_ERROR_OPTION = 15;
/** What a compression pointer can reach (RFC 1035 §4.1.4). */
const POINTER_REACH = 0x4000;

export interface AnswerParts {
  readonly rcode: number;
  readonly records?: readonly WholeRecord[];
  readonly isTruncated?: boolean;
  /** Said in an extended error, if the asker understands EDNS. Short ASCII. */
  readonly explanation?: string;
}

/** Where every answer is put together: one at a time, and copied out when it is whole. */
const workspace = new Uint8Array(specified.MESSAGE);

/** Appends records to a message, naming an owner that was written before by a pointer. */
class RecordWriter {
  readonly #octets = workspace;
  readonly #written = new Map<string, number>();
  #length = 0;

  copy(): Uint8Array {
    return this.#octets.slice(0, this.#length);
  }

  /** Whether `more` octets still fit. */
  hasRoom(more: number): boolean {
    return this.#length + more <= this.#octets.length;
  }

  append(octets: Uint8Array): void {
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }

  uint16(value: number): void {
    putUint16(this.#octets, this.#length, value);
    this.#length += 2;
  }

  /** Remembers that `name` is written at `offset`. Case counts: a pointer must not change it. */
  know(name: Name, offset: number): void {
    const key = String.fromCharCode(...name);
    if (offset < POINTER_REACH && !this.#written.has(key)) this.#written.set(key, offset);
  }

  record(record: WholeRecord): void {
    const before = this.#written.get(String.fromCharCode(...record.owner));
    if (before === undefined) {
      this.know(record.owner, this.#length);
      this.append(record.owner);
    } else {
      this.uint16(0xc000 | before);
    }
    this.uint16(record.type);
    this.uint16(CLASS.IN);
    this.uint16(Math.floor(record.ttlSeconds / 0x10000));
    this.uint16(record.ttlSeconds & 0xffff);
    this.uint16(record.data.length);
    // A target may be the next record's owner; written in full (RFC 6672 §2.5 for DNAME), it can be pointed at.
    if (record.type === TYPE.CNAME) this.know(record.data, this.#length);
    this.append(record.data);
  }
}

/** An OPT record that offers our UDP size; DO as the asker set it (RFC 3225 §3). */
function optRecord(dnssecOk: boolean, explanation?: string): Uint8Array {
  const text = explanation === undefined ? undefined : new TextEncoder().encode(explanation);
  const option = text === undefined ? 0 : 6 + text.length;
  const octets = new Uint8Array(11 + option);
  putUint16(octets, 1, TYPE.OPT);
  putUint16(octets, 3, budget.UDP_OFFERED);
  putUint16(octets, 7, dnssecOk ? 0x8000 : 0);
  putUint16(octets, 9, option);
  if (text !== undefined) {
    putUint16(octets, 11, EXTENDED_ERROR_OPTION);
    putUint16(octets, 13, 2 + text.length);
    putUint16(octets, 15, EXTENDED_ERROR.Other);
    octets.set(text, 17);
  }
  return octets;
}

/**
 * An answer of our own to `question`: the question as asked, letter case included, recursion available, never AA or AD
 * (RFC 6147 §5.5), an OPT record exactly when there was one. If the records do not fit 64 KiB, it is truncated.
 */
export function writeAnswer(question: Message, parts: AnswerParts): Uint8Array {
  const edns = ednsOf(question);
  const opt = edns === undefined ? new Uint8Array() : optRecord(edns.dnssecOk, parts.explanation);
  const writer = new RecordWriter();
  writer.append(question.octets.subarray(0, question.questionEnd));
  writer.know(question.name, HEADER_LENGTH);

  let written = 0;
  for (const record of parts.records ?? []) {
    if (!writer.hasRoom(record.owner.length + 10 + record.data.length + opt.length)) break;
    writer.record(record);
    written++;
  }
  writer.append(opt);

  const isCut = parts.isTruncated === true || written < (parts.records?.length ?? 0);
  const kept = flagsOf(question.octets) & (flag.RD | flag.CD);
  const octets = writer.copy();
  putUint16(octets, field.FLAGS, flag.QR | flag.RA | kept | (isCut ? flag.TC : 0) | parts.rcode);
  putUint16(octets, field.ANCOUNT, written);
  putUint16(octets, field.NSCOUNT, 0);
  putUint16(octets, field.ARCOUNT, edns === undefined ? 0 : 1);
  return octets;
}

/** An error in answer to a message of which nothing but the header can be relied on: 12 octets. */
export function writeBareError(message: Uint8Array, rcode: number): Uint8Array {
  const octets = new Uint8Array(HEADER_LENGTH);
  const kept = flagsOf(message) & (0x7800 | flag.RD | flag.CD);
  putUint16(octets, field.ID, idOf(message));
  putUint16(octets, field.FLAGS, flag.QR | kept | rcode);
  return octets;
}

/** The same question asked for another type: one number differs, all else is as the asker wrote it. */
export function withType(question: Message, type: number): Uint8Array {
  const octets = Uint8Array.from(question.octets);
  putUint16(octets, question.questionEnd - 4, type);
  return octets;
}

/** A question of our own (class IN, recursion desired); with an OPT record if `hasEdns`. Its ID is 0. */
export function writeQuestion(name: Name, type: number, hasEdns: boolean): Uint8Array {
  const opt = hasEdns ? optRecord(false) : new Uint8Array();
  const octets = new Uint8Array(HEADER_LENGTH + name.length + 4 + opt.length);
  putUint16(octets, field.FLAGS, flag.RD);
  putUint16(octets, field.QDCOUNT, 1);
  putUint16(octets, field.ARCOUNT, hasEdns ? 1 : 0);
  octets.set(name, HEADER_LENGTH);
  putUint16(octets, HEADER_LENGTH + name.length, type);
  putUint16(octets, HEADER_LENGTH + name.length + 2, CLASS.IN);
  octets.set(opt, HEADER_LENGTH + name.length + 4);
  return octets;
}
