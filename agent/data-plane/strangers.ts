/**
 * Packets of strangers, IPv6 sources without a mapping (M7, RFC 6535 §2.2): they are parked, in bounded memory, while the
 * main thread is asked for a mapping, and go on in their order when it has answered, whatever it said.
 */
import { Ipv6Words } from '../../mapper/address/ipv6.ts';
import { Offload, type PacketBuffer } from '../../translator/packet-buffer.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import { protocol } from '../../translator/wire/protocol.ts';
import { RateLimit } from './rate-limit.ts';
import { MOST_QUESTIONS, type StrangerQuestions } from './stranger-requests.ts';

/** Ours: what is parked at once, of all strangers and of one. A datagram of 64 KiB is up to 54 fragments. */
export const MOST_PACKETS = 512;
export const MOST_OCTETS = 1024 * 1024;
export const MOST_PACKETS_OF_ONE = 64;

/** Where the protocol of a fragment stands: the first octet of the Fragment header (RFC 8200 §4.5). */
const IN_FRAGMENT = ipv6Header.LENGTH;

export class Strangers {
  readonly #questions: StrangerQuestions;
  readonly #limit: RateLimit;
  readonly #source = new Ipv6Words();
  /** The number of the last question, and of the last one that is wholly dealt with. */
  #asked: number;
  #settled: number;
  /** Per question: packets that wait for its answer. */
  readonly #packetsOf = new Int32Array(MOST_QUESTIONS);
  /** The octets of all parked packets, one behind the other; begun anew when the last has gone on. */
  readonly #octets = new Uint8Array(MOST_OCTETS);
  #filled = 0;
  /** Per packet, oldest first: where it is, and which question it waits for. */
  readonly #start = new Int32Array(MOST_PACKETS);
  readonly #length = new Int32Array(MOST_PACKETS);
  readonly #question = new Int32Array(MOST_PACKETS);
  readonly #offload: readonly Offload[] = Array.from({ length: MOST_PACKETS }, () => new Offload());
  #first = 0;
  #end = 0;

  /** `perSecond`: the most questions in any second, 1 or more. */
  constructor(questions: StrangerQuestions, perSecond: number) {
    this.#questions = questions;
    this.#limit = new RateLimit(perSecond);
    this.#asked = questions.answered;
    this.#settled = this.#asked;
  }

  /** Whether packets wait; only then may others have to stay behind them. */
  get isWaiting(): boolean {
    return this.#first !== this.#end;
  }

  /** Whether a packet, which has a whole IPv6 header, has to stay behind parked ones of the same source. */
  isBehind({ view, start }: PacketBuffer): boolean {
    ipv6Header.source(view, start, this.#source);
    return this.#pending() !== this.#settled;
  }

  /**
   * Parks a packet from a source without a mapping, at `now` in milliseconds. Returns false when it is to be dropped: one
   * over the bounds, one that must not make a mapping, or nobody is to be asked.
   */
  park(packet: PacketBuffer, now: number): boolean {
    if (!this.#questions.isOpen || !mayMakeMapping(packet)) return false;
    if (this.#end === MOST_PACKETS || packet.length > MOST_OCTETS - this.#filled) return false;
    ipv6Header.source(packet.view, packet.start, this.#source);
    let question = this.#pending();
    if (question === this.#settled) {
      if (((this.#asked - this.#settled) | 0) === MOST_QUESTIONS || !this.#limit.mayAt(now)) return false;
      this.#limit.take();
      question = this.#questions.ask(this.#source);
      this.#asked = question;
      this.#packetsOf[question & (MOST_QUESTIONS - 1)] = 0;
    }
    const slot = question & (MOST_QUESTIONS - 1);
    if (this.#packetsOf[slot] === MOST_PACKETS_OF_ONE) return false;
    (this.#packetsOf[slot] as number)++;
    this.#keep(packet, question);
    return true;
  }

  /** Takes the next packet whose question is answered into `packet`. Returns whether there was one. */
  next(packet: PacketBuffer): boolean {
    const { answered } = this.#questions;
    const index = this.#first;
    const question = this.#question[index] as number;
    if (index === this.#end || ((answered - question) | 0) < 0) return false;
    const from = this.#start[index] as number;
    const length = this.#length[index] as number;
    for (let at = 0; at < length; at++) packet.bytes[packet.start + at] = this.#octets[from + at] as number;
    packet.length = length;
    Object.assign(packet.offload, this.#offload[index]);
    (this.#packetsOf[question & (MOST_QUESTIONS - 1)] as number)--;
    this.#settle(answered);
    this.#first++;
    if (this.#first === this.#end) {
      this.#first = 0;
      this.#end = 0;
      this.#filled = 0;
    }
    return true;
  }

  /** Leaves behind the answered questions for which no packet waits any more, not even behind another one. */
  #settle(answered: number): void {
    while (this.#settled !== answered) {
      const number = (this.#settled + 1) | 0;
      if (this.#packetsOf[number & (MOST_QUESTIONS - 1)] !== 0) return;
      this.#settled = number;
    }
  }

  /** The question about `#source` for which packets may wait; `#settled` if there is none. */
  #pending(): number {
    for (let number = this.#asked; number !== this.#settled; number = (number - 1) | 0) {
      if (this.#questions.isAbout(number, this.#source)) return number;
    }
    return this.#settled;
  }

  #keep({ bytes, start, length, offload }: PacketBuffer, question: number): void {
    const index = this.#end++;
    const to = this.#filled;
    for (let at = 0; at < length; at++) this.#octets[to + at] = bytes[start + at] as number;
    this.#filled += length;
    this.#start[index] = to;
    this.#length[index] = length;
    this.#question[index] = question;
    Object.assign(this.#offload[index] as Offload, offload);
  }
}

/** What peers begin is TCP or UDP; an error or a ping never makes a mapping, whoever let it in. */
function mayMakeMapping({ view, start, length }: PacketBuffer): boolean {
  let next = ipv6Header.nextHeader(view, start);
  if (next === protocol.FRAGMENT && length > ipv6Header.LENGTH) next = view.getUint8(start + IN_FRAGMENT);
  return next === protocol.TCP || next === protocol.UDP;
}
