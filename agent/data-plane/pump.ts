/**
 * One packet after the other: read, translate, write, count. The translator decides; here stand the guards of a host
 * (what the kernel routes to us by mistake), the stamps that keep a mapping alive, and our own ICMP errors.
 */
import { ipv4 } from '../../mapper/address/ipv4.ts';
import type { Ipv6Address } from '../../mapper/address/ipv6.ts';
import type { AddressMap } from '../../mapper/address-map.ts';
import type { SharedTable } from '../../mapper/shared-table.ts';
import type { Spool } from '../../mapper/spool.ts';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import type { PathMtu } from '../../translator/path-mtu.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { isRefused, type Verdict, verdict } from '../../translator/verdict.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import { base, direction, extra } from './counters.ts';
import { ErrorSender } from './error-sender.ts';
import { holdSeconds } from './hold-time.ts';
import type { TunDevice } from './tun-device.ts';

export interface PumpParts {
  readonly device: TunDevice;
  readonly table: SharedTable;
  readonly maps: AddressMap;
  readonly spool: Spool;
  /** The first three words are those of the self prefix, a /96. */
  readonly self: Ipv6Address;
  readonly path: PathMtu;
  /** Sources of our own ICMP errors. */
  readonly own: { readonly ipv4: number; readonly ipv6: Ipv6Address };
  /** A block of `createCounters`. */
  readonly counters: Float64Array;
}

/** IPv6 source address: four words from octet 8 (RFC 8200 §3); IPv4 source and destination from 12 and 16 (RFC 791). */
const SOURCE6 = 8;
const SOURCE4 = 12;
const DESTINATION4 = 16;

/** Moves packets between one device queue and the translator; used by one thread. */
export class Pump {
  readonly #parts: PumpParts;
  readonly #packet = new PacketBuffer();
  readonly #out = new HeaderBuffer();
  readonly #errors: ErrorSender;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#errors = new ErrorSender(parts.device, parts.own);
  }

  /** Handles packets until there are none, at most `limit`; `now` is milliseconds since 1970. Returns how many. */
  drain(limit: number, now: number): number {
    const { device } = this.#parts;
    const packet = this.#packet;
    const seconds = Math.floor(now / 1000);
    let handled = 0;
    while (handled < limit && device.read(packet)) {
      handled++;
      if (packet.view.getUint8(packet.start) >>> 4 === 6) this.#sixToFour(seconds, now);
      else this.#fourToSix(seconds, now);
    }
    return handled;
  }

  #fourToSix(seconds: number, now: number): void {
    const { counters, maps, path, spool, table } = this.#parts;
    const packet = this.#packet;
    // Only the spool is routed here. What comes for another address would go round in circles through the self prefix.
    const isShort = packet.length < ipv4Header.LENGTH;
    const peer = isShort ? 0 : packet.view.getUint32(packet.start + DESTINATION4);
    const outcome: Verdict =
      !isShort && spool.position(ipv4(peer)) < 0
        ? verdict['dropped-loop']
        : translate4to6(packet, maps, path, this.#out);
    const slots = base(direction.FOUR_TO_SIX);
    (counters[slots + outcome] as number)++;
    if (outcome === verdict.translated) {
      (counters[slots + extra.OCTETS] as number) += packet.length;
      table.stamp(ipv4(peer), seconds, holdSeconds(packet));
      this.#send(slots);
    } else if (isRefused(outcome)) {
      const sent = this.#errors.sendIcmpv4(packet, this.#out.refusal, now);
      (counters[slots + (sent ? extra.ERRORS_SENT : extra.ERRORS_LIMITED)] as number)++;
    }
  }

  #sixToFour(seconds: number, now: number): void {
    const { counters, maps, path, table } = this.#parts;
    const packet = this.#packet;
    const out = this.#out;
    const outcome: Verdict = this.#comesFromSelf() ? verdict['dropped-loop'] : translate6to4(packet, maps, path, out);
    const slots = base(direction.SIX_TO_FOUR);
    (counters[slots + outcome] as number)++;
    if (outcome === verdict.translated) {
      (counters[slots + extra.OCTETS] as number) += packet.length;
      const peer = out.view.getUint32((out.headerStart[0] as number) + SOURCE4);
      // What a peer sends does not hold a mapping, or anybody could fill the spool (M15).
      table.stamp(ipv4(peer), seconds, 0);
      this.#send(slots);
    } else if (isRefused(outcome)) {
      const sent = this.#errors.sendIcmpv6(packet, out.refusal, now);
      (counters[slots + (sent ? extra.ERRORS_SENT : extra.ERRORS_LIMITED)] as number)++;
    }
  }

  /** Whether the source is in the self prefix: only this host's own packets are, and they are on their way out. */
  #comesFromSelf(): boolean {
    const { view, start, length } = this.#packet;
    const { self } = this.#parts;
    if (length < SOURCE6 + 16) return false;
    const at = start + SOURCE6;
    return view.getInt32(at) === self.w0 && view.getInt32(at + 4) === self.w1 && view.getInt32(at + 8) === self.w2;
  }

  #send(slots: number): void {
    const { counters, device } = this.#parts;
    for (let piece = 0; piece < this.#out.count; piece++) {
      if (!device.write(this.#out, piece, this.#packet)) (counters[slots + extra.DEVICE_REFUSED] as number)++;
    }
  }
}
