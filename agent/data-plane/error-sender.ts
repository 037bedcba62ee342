/**
 * Sends our own ICMP errors, and not too many: the one place where their rate is limited (S4, RFC 1812 §4.3.2.8,
 * RFC 4443 §2.4 (f)).
 */
import { ipv4 } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import { HeaderBuffer, type Refusal } from '../../translator/header-buffer.ts';
import { writeIcmpv4Error, writeIcmpv6Error } from '../../translator/icmp-error.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import type { TunDevice } from './tun-device.ts';

/** Ours: errors a second, and as many at once after a quiet second. */
const ERRORS_PER_SECOND = 100;

/** A token bucket in front of a device. */
export class ErrorSender {
  readonly #device: TunDevice;
  readonly #own: { readonly ipv4: number; readonly ipv6: Ipv6Address };
  /** An error is all headers: the room of a buffer for many pieces holds the longest. */
  readonly #error = new HeaderBuffer();
  readonly #noPayload = new PacketBuffer(new Uint8Array(128));
  #tokens = ERRORS_PER_SECOND;
  #filledAt = 0;

  constructor(device: TunDevice, own: { readonly ipv4: number; readonly ipv6: Ipv6Address }) {
    this.#device = device;
    this.#own = own;
  }

  /** Tells the IPv4 sender of `packet`; `now` in milliseconds. Returns whether an error went out. */
  sendIcmpv4(packet: PacketBuffer, refusal: Refusal, now: number): boolean {
    if (!this.#mayAt(now)) return false;
    return this.#send(writeIcmpv4Error(packet, ipv4(this.#own.ipv4), refusal, this.#error.view, this.#start));
  }

  /** Tells the IPv6 sender of `packet`; `now` in milliseconds. Returns whether an error went out. */
  sendIcmpv6(packet: PacketBuffer, refusal: Refusal, now: number): boolean {
    if (!this.#mayAt(now)) return false;
    return this.#send(writeIcmpv6Error(packet, this.#own.ipv6, refusal, this.#error.view, this.#start));
  }

  #mayAt(now: number): boolean {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(ERRORS_PER_SECOND, this.#tokens + (elapsed * ERRORS_PER_SECOND) / 1000);
    return this.#tokens >= 1;
  }

  /** Sends `length` octets of the message, if any: 0 says that no error may be sent about the packet. */
  #send(length: number): boolean {
    if (length === 0) return false;
    this.#tokens--;
    this.#error.headerLength[0] = length;
    this.#error.payloadLength[0] = 0;
    this.#error.count = 1;
    return this.#device.write(this.#error, 0, this.#noPayload);
  }

  /** Where the error is written. */
  get #start(): number {
    return this.#error.headerStart[0] as number;
  }
}
