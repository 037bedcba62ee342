/**
 * Reads an IPv6 packet once, at the edge (RFC 8200 §3, §4), walking its extension headers: after `read` every field is
 * in range and the packet is known to be as long as it says. Quoted packets are read by `readQuote`.
 */
import { type Verdict, verdict } from './verdict.ts';
import * as fragmentHeader from './wire/fragment.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv6Header from './wire/ipv6.ts';
import { protocol } from './wire/protocol.ts';

/** Offsets in a Hop-by-Hop, Routing or Destination Options header (RFC 8200 §4.3, §4.4). */
const extension = { NEXT_HEADER: 0, LENGTH: 1, SEGMENTS_LEFT: 3 } as const;

/** What an IPv6 packet says, as far as translation needs it. Kept and filled again for every packet. */
export class Ipv6Reading {
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  /** Where the transport header begins, behind the extension headers that are skipped. */
  transport = 0;
  /** Where the octets that are there end. */
  end = 0;
  /** Octets behind the skipped extension headers, as the headers say; a quote may hold less. */
  transportLength = 0;
  /** The first next header that is not skipped. */
  protocol = 0;
  hasFragmentHeader = false;
  identification = 0;
  /** In units of 8 octets. */
  fragmentOffset = 0;
  hasMoreFragments = false;
  /** Where "segments left" of an unfinished Routing header is, in octets from the start of the packet; else 0. */
  segmentsLeftOffset = 0;
  isQuote = false;

  /** Reads `length` octets at `start` as a whole packet; what the payload length does not cover is left out. */
  read(view: DataView, start: number, length: number): Verdict {
    if (!ipv6Header.isValid(view, start, length)) return verdict['dropped-malformed'];
    this.isQuote = false;
    const outcome = this.#take(view, start, start + ipv6Header.LENGTH + ipv6Header.payloadLength(view, start));
    // A fragment that reaches past the longest packet is nobody's (RFC 8200 §4.5).
    const isTooLong = (this.fragmentOffset << 3) + this.transportLength > 65_535;
    return outcome === verdict.translated && isTooLong ? verdict['dropped-malformed'] : outcome;
  }

  /** Reads the beginning of a packet (RFC 7915 §5.3). */
  readQuote(view: DataView, start: number, length: number): Verdict {
    if (!ipv6Header.hasHeader(view, start, length)) return verdict['dropped-malformed'];
    const whole = ipv6Header.LENGTH + ipv6Header.payloadLength(view, start);
    this.isQuote = true;
    return this.#take(view, start, start + Math.min(whole, length));
  }

  /** Whether it is one of several fragments; an atomic fragment (RFC 6946) is a whole packet. */
  get isFragment(): boolean {
    return this.hasMoreFragments || this.fragmentOffset !== 0;
  }

  /** Whether the packet is an ICMPv6 error, as far as it can be seen. */
  get isIcmpError(): boolean {
    return (
      this.protocol === protocol.ICMPV6 &&
      this.fragmentOffset === 0 &&
      this.transport < this.end &&
      icmpv6.isError(icmp.type(this.view, this.transport))
    );
  }

  #take(view: DataView, start: number, end: number): Verdict {
    this.view = view;
    this.start = start;
    this.end = end;
    this.hasFragmentHeader = false;
    this.identification = 0;
    this.fragmentOffset = 0;
    this.hasMoreFragments = false;
    this.segmentsLeftOffset = 0;
    this.transport = start + ipv6Header.LENGTH;
    this.protocol = ipv6Header.nextHeader(view, start);
    const outcome = isExtension(this.protocol) ? this.#skipExtensions() : verdict.translated;
    this.transportLength = start + ipv6Header.LENGTH + ipv6Header.payloadLength(view, start) - this.transport;
    return outcome;
  }

  /** Walks to the first header that is not skipped (RFC 7915 §5.1, §5.1.1). */
  #skipExtensions(): Verdict {
    const { view, end } = this;
    while (isExtension(this.protocol)) {
      const at = this.transport;
      if (this.hasFragmentHeader) {
        const isTwice = this.protocol === protocol.FRAGMENT;
        return isTwice ? verdict['dropped-malformed'] : verdict['dropped-extension-in-fragment'];
      }
      if (at + fragmentHeader.LENGTH > end) return verdict['dropped-malformed'];
      if (this.protocol === protocol.FRAGMENT) {
        this.hasFragmentHeader = true;
        this.identification = fragmentHeader.identification(view, at) & 0xffff;
        this.fragmentOffset = fragmentHeader.offset(view, at);
        this.hasMoreFragments = fragmentHeader.hasMore(view, at);
        this.transport += fragmentHeader.LENGTH;
      } else {
        const length = (view.getUint8(at + extension.LENGTH) + 1) << 3;
        if (at + length > end) return verdict['dropped-malformed'];
        if (
          this.protocol === protocol.ROUTING &&
          this.segmentsLeftOffset === 0 &&
          view.getUint8(at + extension.SEGMENTS_LEFT) !== 0
        ) {
          this.segmentsLeftOffset = at + extension.SEGMENTS_LEFT - this.start;
        }
        this.transport += length;
      }
      this.protocol = view.getUint8(at + extension.NEXT_HEADER);
    }
    // AH is skipped nowhere, but inside a fragment only ESP may follow (RFC 7915 §5.1.1).
    return this.hasFragmentHeader && this.protocol === protocol.AH
      ? verdict['dropped-extension-in-fragment']
      : verdict.translated;
  }
}

/** Whether a next header names an extension header that translation skips or reads itself. */
function isExtension(nextHeader: number): boolean {
  return (
    nextHeader === protocol.HOP_BY_HOP ||
    nextHeader === protocol.ROUTING ||
    nextHeader === protocol.FRAGMENT ||
    nextHeader === protocol.DESTINATION_OPTIONS
  );
}
