/**
 * Sends our own ICMP errors, and not too many: the one place where their rate is limited (S4, RFC 1812 §4.3.2.8,
 * RFC 4443 §2.4 (f)).
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import { HeaderBuffer, type Refusal } from '../../translator/header-buffer.ts';
import { writeIcmpv4Error, writeIcmpv6Error } from '../../translator/icmp-error.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { base, direction, extra } from './counters.ts';
import { RateLimit } from './rate-limit.ts';
import type { TunDevice } from './tun-device.ts';

/** Sources of our own ICMP errors. */
export interface ErrorSources {
  readonly ipv4: Ipv4Address;
  readonly ipv6: Ipv6Address;
}

export interface ErrorSenderParts {
  readonly device: TunDevice;
  readonly own: ErrorSources;
  /** The most errors in any second, 1 or more. */
  readonly errorsPerSecond: number;
  /** A block of `createCounters`. */
  readonly counters: Float64Array;
}

/** A token bucket in front of a device. */
export class ErrorSender {
  readonly #parts: ErrorSenderParts;
  /** An error is all headers: the room of a buffer for many pieces holds the longest. */
  readonly #error = new HeaderBuffer();
  readonly #noPayload = new PacketBuffer(new Uint8Array(128));
  readonly #limit: RateLimit;
  /** The source of errors to IPv4 senders. */
  source4: Ipv4Address;

  constructor(parts: ErrorSenderParts) {
    this.#parts = parts;
    this.source4 = parts.own.ipv4;
    this.#limit = new RateLimit(parts.errorsPerSecond);
    this.#error.count = 1;
    this.#error.payloadLength[0] = 0;
  }

  /** Tells the IPv4 sender of `packet`, if it may be told; `now` in milliseconds. Counts what became of it. */
  sendIcmpv4(packet: PacketBuffer, refusal: Refusal, now: number): void {
    const slots = base(direction.FOUR_TO_SIX);
    if (!this.#mayAt(now, slots)) return;
    this.#send(writeIcmpv4Error(packet, this.source4, refusal, this.#error.view, this.#start), slots);
  }

  /** Tells the IPv6 sender of `packet`, if it may be told; `now` in milliseconds. Counts what became of it. */
  sendIcmpv6(packet: PacketBuffer, refusal: Refusal, now: number): void {
    const slots = base(direction.SIX_TO_FOUR);
    if (!this.#mayAt(now, slots)) return;
    this.#send(writeIcmpv6Error(packet, this.#parts.own.ipv6, refusal, this.#error.view, this.#start), slots);
  }

  /** Whether there may be an error now; counts what is too much. */
  #mayAt(now: number, slots: number): boolean {
    if (this.#limit.mayAt(now)) return true;
    (this.#parts.counters[slots + extra.ERRORS_LIMITED] as number)++;
    return false;
  }

  /** Sends `length` octets of the message, if any: 0 says that no error may be sent about the packet. */
  #send(length: number, slots: number): void {
    if (length === 0) return;
    const { counters, device } = this.#parts;
    this.#limit.take();
    this.#error.headerLength[0] = length;
    const slot = device.write(this.#error, 0, this.#noPayload) ? extra.ERRORS_SENT : extra.DEVICE_REFUSED;
    (counters[slots + slot] as number)++;
  }

  /** Where the error is written. */
  get #start(): number {
    return this.#error.headerStart[0] as number;
  }
}
