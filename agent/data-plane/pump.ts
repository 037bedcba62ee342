/**
 * One packet after the other: read, translate, write, count. The translator decides; here are the guard of a host
 * (what the kernel routes to us by mistake), the stamps that keep a mapping alive, and our own ICMP errors.
 */
import type { Ipv4Address } from '../../mapper/address/ipv4.ts';
import type { AddressMap } from '../../mapper/address-map.ts';
import type { SharedTable } from '../../mapper/shared-table.ts';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { Identifications } from '../../translator/identifications.ts';
import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { isUpToSegments, Segments } from '../../translator/segments.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { isRefused, type Verdict, verdict } from '../../translator/verdict.ts';
import * as ipv4Header from '../../translator/wire/ipv4.ts';
import * as ipv6Header from '../../translator/wire/ipv6.ts';
import { protocol } from '../../translator/wire/protocol.ts';
import { base, direction, extra } from './counters.ts';
import { ErrorSender, type ErrorSenderParts } from './error-sender.ts';
import { holdSeconds } from './hold-time.ts';
import { LoopGuard, type LoopGuardParts } from './loop-guard.ts';
import { ReadAhead } from './read-ahead.ts';
import { offer, Reassembly } from './reassembly.ts';
import type { Strangers } from './strangers.ts';
import type { TraceWriter } from './trace-ring.ts';

/** The longest packet IPv4 can have. */
const LONGEST_IPV4 = 65_535;

export interface PumpParts extends ErrorSenderParts, LoopGuardParts {
  readonly table: SharedTable;
  readonly maps: AddressMap;
  readonly path: PathMtu;
  readonly trace: Pick<TraceWriter, 'isOn' | 'note'>;
  readonly strangers: Strangers;
  /** Fills words with random bits: nobody outside should foresee the identifications of packets. */
  readonly random: (words: Uint16Array) => void;
}

/** Moves packets between one device queue and the translator; used by one thread. */
export class Pump {
  readonly #parts: PumpParts;
  readonly #ahead: ReadAhead;
  /** What is worked on: a packet that was read, one that fragments made, or a segment. */
  #packet: PacketBuffer;
  /** Whether fragments made it. */
  #isReassembled = false;
  readonly #reassembly = new Reassembly();
  readonly #segments = new Segments();
  readonly #out: HeaderBuffer;
  readonly #errors: ErrorSender;
  readonly #guard: LoopGuard;
  readonly #strangers: Strangers;
  /** Whether the packet at hand waited already. */
  #isResuming = false;
  /** What came in fragments may be longer than the device's MTU: the kernel takes it from us as it is. */
  readonly #inOnePiece: PathMtu;
  /** Whether the sender of what was received has been told of an error: one is enough for all its segments. */
  #isTold = false;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#ahead = new ReadAhead(parts.device, parts.table.ahead);
    this.#packet = this.#ahead.packet(0);
    this.#out = new HeaderBuffer(new Identifications(parts.random));
    this.#errors = new ErrorSender(parts);
    this.#guard = new LoopGuard(parts);
    this.#strangers = parts.strangers;
    this.#inOnePiece = Object.assign(new PathMtu(), parts.path, { mtu4: LONGEST_IPV4 });
  }

  /** The source of ICMPv4 errors of our own, and of those of routers without a mapping (RFC 6791). */
  set errorSource4(address: Ipv4Address) {
    this.#errors.source4 = address;
    for (const path of [this.#parts.path, this.#inOnePiece]) path.errorSource4 = [{ address, length: 32 }];
  }

  /** Octets of the packets that the last `drain` handled. */
  octets = 0;

  /** Handles packets until there are none, at most `limit`; `now` is milliseconds since 1970. Returns how many. */
  drain(limit: number, now: number): number {
    const { device } = this.#parts;
    const packet = this.#ahead.packet(0);
    const isAhead = this.#ahead.isOfUse;
    const seconds = Math.floor(now / 1000);
    let handled = 0;
    this.octets = 0;
    while (handled < limit && device.read(packet)) {
      this.#take(packet, seconds, now);
      handled++;
      if (!isAhead) continue;
      // It was handled at once, since most are alone. What is there now waited behind it.
      handled += this.#takeTogether(limit - handled, seconds, now);
      break;
    }
    if (handled > 0) device.flush();
    return handled;
  }

  /** Handles the packets of strangers whose questions have been answered; `now` as above. */
  resume(now: number): void {
    const packet = this.#ahead.packet(0);
    const seconds = Math.floor(now / 1000);
    this.#isResuming = true;
    this.#isReassembled = false;
    while (this.#strangers.next(packet)) this.#handle(packet, true, seconds, now);
    this.#isResuming = false;
    this.#parts.device.flush();
  }

  /** Handles packets that wait behind another until there are none, some read at a time. Returns how many. */
  #takeTogether(limit: number, seconds: number, now: number): number {
    const ahead = this.#ahead;
    let handled = 0;
    for (let count = 0; handled < limit; handled += count) {
      count = ahead.read(limit - handled);
      if (count === 0) break;
      for (let index = 0; index < count; index++) this.#take(ahead.packet(index), seconds, now);
    }
    return handled;
  }

  /** Handles what was read, or what it makes whole. */
  #take(packet: PacketBuffer, seconds: number, now: number): void {
    this.octets += packet.length;
    const isIpv6 = packet.view.getUint8(packet.start) >>> 4 === 6;
    const offered = this.#reassembly.offer(packet, now);
    this.#isReassembled = offered === offer.WHOLE;
    if (offered === offer.NOT_OURS) this.#handle(packet, isIpv6, seconds, now);
    else if (offered === offer.WHOLE) this.#handle(this.#reassembly.packet, isIpv6, seconds, now);
    else this.#countFragment(isIpv6, offered);
  }

  #handle(packet: PacketBuffer, isIpv6: boolean, seconds: number, now: number): void {
    this.#isTold = false;
    this.#translate(packet, isIpv6, seconds, now);
  }

  #translate(packet: PacketBuffer, isIpv6: boolean, seconds: number, now: number): void {
    this.#packet = packet;
    if (isIpv6) this.#sixToFour(seconds, now);
    else this.#fourToSix(seconds, now);
  }

  /** Translates each segment of the packet at hand for itself. */
  #translateSegments(isIpv6: boolean, seconds: number, now: number): void {
    const segments = this.#segments;
    segments.begin(this.#packet);
    while (segments.next()) this.#translate(segments.packet, isIpv6, seconds, now);
  }

  /** A fragment that waits for others is no packet yet; one that cannot be put together is what the translator drops. */
  #countFragment(isIpv6: boolean, offered: number): void {
    const slots = base(isIpv6 ? direction.SIX_TO_FOUR : direction.FOUR_TO_SIX);
    const outcome = verdict['dropped-fragmented-icmp'];
    if (offered === offer.DROPPED) (this.#parts.counters[slots + outcome] as number)++;
  }

  #fourToSix(seconds: number, now: number): void {
    const { counters, maps, path, table, trace } = this.#parts;
    const packet = this.#packet;
    const out = this.#out;
    const outcome: Verdict = this.#guard.isLoop4(packet)
      ? verdict['dropped-loop']
      : translate4to6(packet, maps, path, out);
    if (isUpToSegments(outcome, packet)) {
      this.#translateSegments(false, seconds, now);
      return;
    }
    const slots = base(direction.FOUR_TO_SIX);
    (counters[slots + outcome] as number)++;
    if (trace.isOn()) trace.note(direction.FOUR_TO_SIX, outcome, packet, out, now);
    if (outcome === verdict.translated) {
      (counters[slots + extra.OCTETS] as number) += packet.length;
      const isTcp = ipv4Header.protocol(packet.view, packet.start) === protocol.TCP;
      const peer = ipv4Header.destination(packet.view, packet.start);
      table.stamp(peer, seconds, packet.length, holdSeconds(packet), isTcp);
      this.#send(slots);
    } else if (isRefused(outcome) && !this.#isTold) {
      this.#errors.sendIcmpv4(packet, out.refusal, now);
      this.#isTold = true;
    }
  }

  #sixToFour(seconds: number, now: number): void {
    const { counters, maps, table, trace } = this.#parts;
    const packet = this.#packet;
    const out = this.#out;
    const path = this.#isReassembled ? this.#inOnePiece : this.#parts.path;
    const outcome: Verdict = this.#guard.isLoop6(packet)
      ? verdict['dropped-loop']
      : this.#isBehind()
        ? verdict['dropped-stranger']
        : translate6to4(packet, maps, path, out);
    // One that waits is no packet until it goes on.
    if (outcome === verdict['dropped-stranger'] && !this.#isResuming && this.#strangers.park(packet, now)) return;
    if (isUpToSegments(outcome, packet)) {
      this.#translateSegments(true, seconds, now);
      return;
    }
    const slots = base(direction.SIX_TO_FOUR);
    (counters[slots + outcome] as number)++;
    if (trace.isOn()) trace.note(direction.SIX_TO_FOUR, outcome, packet, out, now);
    if (outcome === verdict.translated) {
      (counters[slots + extra.OCTETS] as number) += packet.length;
      // What a peer sends does not hold a mapping, or anybody could fill the spool (M15).
      table.stamp(ipv4Header.source(out.view, out.headerStart[0] as number), seconds, packet.length);
      this.#send(slots);
    } else if (isRefused(outcome) && !this.#isTold) {
      this.#errors.sendIcmpv6(packet, out.refusal, now);
      this.#isTold = true;
    }
  }

  /** Whether an IPv6 packet has to stay behind others of its source that wait for a mapping. */
  #isBehind(): boolean {
    if (this.#isResuming || !this.#strangers.isWaiting) return false;
    const { view, start, length } = this.#packet;
    return ipv6Header.hasHeader(view, start, length) && this.#strangers.isBehind(this.#packet);
  }

  #send(slots: number): void {
    const { counters, device } = this.#parts;
    for (let piece = 0; piece < this.#out.count; piece++) {
      if (!device.write(this.#out, piece, this.#packet)) (counters[slots + extra.DEVICE_REFUSED] as number)++;
    }
  }
}
