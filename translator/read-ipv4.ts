/**
 * Reads an IPv4 packet once, at the edge (RFC 791 §3.1): after `read` every field is in range and the packet is known
 * to be as long as it says. Quoted packets, of which an ICMP error carries only the beginning, are read by `readQuote`.
 */
import { type Verdict, verdict } from './verdict.ts';
import * as icmp from './wire/icmp.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as ipv4Header from './wire/ipv4.ts';
import { protocol } from './wire/protocol.ts';

/** Option kinds that translation must look at (RFC 791 §3.1). */
const option = { END: 0, NO_OPERATION: 1, LOOSE_SOURCE_ROUTE: 131, STRICT_SOURCE_ROUTE: 137 } as const;

/** What an IPv4 packet says, as far as translation needs it. Kept and filled again for every packet. */
export class Ipv4Reading {
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  /** Where the transport header begins. */
  transport = 0;
  /** Where the octets that are there end. */
  end = 0;
  /** Octets behind the IPv4 header, as it says; a quote may hold less. */
  transportLength = 0;
  protocol = 0;
  identification = 0;
  /** In units of 8 octets. */
  fragmentOffset = 0;
  hasMoreFragments = false;
  mayFragment = false;
  /** Whether there are options that ask for a route which has not been followed to its end. */
  hasSourceRoute = false;
  isQuote = false;

  /** Reads `length` octets at `start` as a whole packet; what the total length does not cover is left out. */
  read(view: DataView, start: number, length: number): Verdict {
    if (!ipv4Header.isValid(view, start, length)) return verdict['dropped-malformed'];
    if (!ipv4Header.isChecksumRight(view, start)) return verdict['dropped-bad-header-checksum'];
    this.isQuote = false;
    this.#take(view, start, start + ipv4Header.totalLength(view, start));
    // A fragment that reaches past the longest packet is nobody's (RFC 791 §3.1).
    if ((this.fragmentOffset << 3) + this.transportLength > 65_535) return verdict['dropped-malformed'];
    return this.#readOptions() ? verdict.translated : verdict['dropped-malformed'];
  }

  /** Reads the beginning of a packet (RFC 7915 §4.3): its checksum is not verified, its options are skipped. */
  readQuote(view: DataView, start: number, length: number): Verdict {
    if (!ipv4Header.hasHeader(view, start, length)) return verdict['dropped-malformed'];
    const total = ipv4Header.totalLength(view, start);
    if (total < ipv4Header.headerLength(view, start)) return verdict['dropped-malformed'];
    this.isQuote = true;
    this.#take(view, start, start + Math.min(total, length));
    return verdict.translated;
  }

  get isFragment(): boolean {
    return this.hasMoreFragments || this.fragmentOffset !== 0;
  }

  /** Whether the packet is an ICMPv4 error, as far as it can be seen. */
  get isIcmpError(): boolean {
    return (
      this.protocol === protocol.ICMPV4 &&
      this.fragmentOffset === 0 &&
      this.transport < this.end &&
      icmpv4.isError(icmp.type(this.view, this.transport))
    );
  }

  #take(view: DataView, start: number, end: number): void {
    const fragmentation = ipv4Header.fragmentation(view, start);
    this.view = view;
    this.start = start;
    this.end = end;
    this.transport = start + ipv4Header.headerLength(view, start);
    this.transportLength = start + ipv4Header.totalLength(view, start) - this.transport;
    this.protocol = ipv4Header.protocol(view, start);
    this.identification = ipv4Header.identification(view, start);
    this.fragmentOffset = fragmentation & ipv4Header.OFFSET_MASK;
    this.hasMoreFragments = (fragmentation & ipv4Header.flag.MORE_FRAGMENTS) !== 0;
    this.mayFragment = (fragmentation & ipv4Header.flag.DONT_FRAGMENT) === 0;
    this.hasSourceRoute = false;
  }

  /** Looks for a source route (RFC 7915 §4.1). Returns whether the options can be read. */
  #readOptions(): boolean {
    const { view } = this;
    for (let at = this.start + ipv4Header.LENGTH; at < this.transport; ) {
      const kind = view.getUint8(at);
      if (kind === option.END) break;
      if (kind === option.NO_OPERATION) {
        at++;
        continue;
      }
      const length = at + 1 < this.transport ? view.getUint8(at + 1) : 0;
      if (length < 2 || at + length > this.transport) return false;
      if (kind === option.LOOSE_SOURCE_ROUTE || kind === option.STRICT_SOURCE_ROUTE) {
        if (length < 3) return false;
        // The pointer counts from 1, and points past the option when the route has been followed.
        if (view.getUint8(at + 2) <= length) this.hasSourceRoute = true;
      }
      at += length;
    }
    return true;
  }
}
