/**
 * One datagram while its fragments come in (RFC 791 §3.2, RFC 8200 §4.5). Which octets are there is a bitmap of 8-octet
 * units, so that an overlap is a bit that is set already (RFC 5722: then the datagram is dropped).
 */
import { PacketBuffer } from '../../translator/packet-buffer.ts';

/** Fragment offsets count units of 8 octets. */
const UNIT = 8;
/** The most payload in octets, and room for it in units: what is longer than IPv4 carries cannot be translated. */
const MOST_OCTETS = 65_515;
const UNITS = 8192;
/** Where payload begins in the buffer: in front of it is room for the longest header that is put there, of IPv4. */
const PAYLOAD = 60;

/** What a datagram is known by: addresses as words, identification; unused words are 0. */
export const KEY_WORDS = 10;

/** What adding a fragment led to. */
export const addition = { PARTIAL: 0, COMPLETE: 1, WRONG: 2 } as const;

/** The parts of a datagram, in memory that is used again and again. */
export class Datagram {
  readonly key = new Int32Array(KEY_WORDS);
  /** Milliseconds since 1970 of its first fragment; 0 while the place is free. */
  since = 0;
  /** The whole datagram, once complete: `start` and `length` are set by `prepend`. */
  readonly packet = new PacketBuffer(new Uint8Array(PAYLOAD + UNITS * UNIT));
  #units = new Uint32Array(UNITS / 32);
  #present = 0;
  /** Where the payload that is there ends, in octets. */
  #furthest = 0;
  /** Octets of payload, known once the last fragment is there; else -1. */
  #total = -1;
  #headerLength = 0;

  /** Takes the place for a new datagram. */
  begin(key: Int32Array, now: number): void {
    this.key.set(key);
    this.since = now;
    this.#units.fill(0);
    this.#present = 0;
    this.#furthest = 0;
    this.#total = -1;
    this.#headerLength = 0;
  }

  /**
   * Adds `length` octets of payload that stand at `from` in `fragment` and belong at `offset`. All but the last fragment
   * are whole units; none may overlap another or reach past the end.
   */
  add(fragment: PacketBuffer, from: number, length: number, offset: number, isLast: boolean): number {
    const end = offset + length;
    if (length === 0 || end > MOST_OCTETS || (!isLast && length % UNIT !== 0)) return addition.WRONG;
    const isOutside = this.#total >= 0 && (isLast || end > this.#total);
    if (isOutside || (isLast && this.#furthest > end)) return addition.WRONG;
    const first = offset / UNIT;
    const past = Math.ceil(end / UNIT);
    for (let unit = first; unit < past; unit++) {
      const word = unit >>> 5;
      const bit = 1 << (unit & 31);
      const units = this.#units[word] as number;
      if ((units & bit) !== 0) return addition.WRONG;
      this.#units[word] = units | bit;
    }
    this.#present += past - first;
    this.#furthest = Math.max(this.#furthest, end);
    if (isLast) this.#total = end;
    for (let index = 0; index < length; index++) {
      this.packet.bytes[PAYLOAD + offset + index] = fragment.bytes[from + index] as number;
    }
    return this.#isComplete() ? addition.COMPLETE : addition.PARTIAL;
  }

  /** Puts the header of the first fragment, `length` octets at `from`, in front of the payload. */
  prepend(fragment: PacketBuffer, from: number, length: number): void {
    this.#headerLength = length;
    for (let index = 0; index < length; index++) {
      this.packet.bytes[PAYLOAD - length + index] = fragment.bytes[from + index] as number;
    }
    this.packet.start = PAYLOAD - length;
  }

  /** The first octet of the payload: the type, if it is ICMP. */
  get firstOctet(): number {
    return this.packet.bytes[PAYLOAD] as number;
  }

  /** Octets of payload of a complete datagram. */
  get payloadLength(): number {
    return this.#total;
  }

  #isComplete(): boolean {
    if (this.#total < 0 || this.#headerLength === 0) return false;
    if (this.#present !== Math.ceil(this.#total / UNIT)) return false;
    this.packet.length = this.#headerLength + this.#total;
    this.packet.offload.clear();
    return true;
  }
}
