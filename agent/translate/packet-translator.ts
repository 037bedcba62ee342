/**
 * The translator as a tool: one packet in, all that would be sent about it out, whichever side it is for. What a device
 * adds in the agent is not here: no rate limit on our errors, so the same packets always have the same outcome.
 */
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { turnRound } from '../../translator/hairpin.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { LONGEST_ICMP_ERROR, writeIcmpv4Error, writeIcmpv6Error } from '../../translator/icmp-error.ts';
import { Identifications } from '../../translator/identifications.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { isRefused, type Verdict, type VerdictName, verdict, verdicts } from '../../translator/verdict.ts';
import * as icmpv6 from '../../translator/wire/icmpv6.ts';
import { Hairpin } from './hairpin.ts';
import type { Settings } from './settings.ts';

export interface Sent {
  /** The side it goes out on. */
  readonly to: 'ipv4' | 'ipv6';
  readonly octets: Uint8Array;
}

export interface Outcome {
  readonly verdict: 'translated' | 'dropped' | 'refused';
  readonly reason: VerdictName;
  /** Every packet that is sent: the translated one, its fragments, or an ICMP error to its sender. */
  readonly out: readonly Sent[];
}

/** IPv6's header is longer than IPv4's by this many octets. */
const GROWTH = 20;

/** Instead of our own addresses where there are none: to see whether an error might be sent. */
const NOBODY4 = ipv4(0);
const NOBODY6 = ipv6(0, 0, 0, 0);

/** A packet that turns round: as IPv4, and what becomes of that. */
const again = new PacketBuffer();
const back = new HeaderBuffer();

/** Translates by one set of settings, with counters of its own. */
export class PacketTranslator {
  readonly #settings: Settings;
  /** Identifications begin at 1, so that the same input has the same output; 0 looks like one that is not there. */
  readonly #out = new HeaderBuffer(new Identifications((counters) => counters.fill(1)));
  readonly #hairpin: Hairpin | undefined;
  readonly #error = new DataView(new ArrayBuffer(LONGEST_ICMP_ERROR));

  constructor(settings: Settings) {
    this.#settings = settings;
    const { explicit, embedded } = settings;
    this.#hairpin = embedded === undefined ? undefined : new Hairpin(explicit, embedded);
  }

  /** What becomes of the packet in a buffer, in the direction that its version asks for. */
  translate(packet: PacketBuffer): Outcome {
    const { maps, path } = this.#settings;
    const isIpv6 = packet.length > 0 && packet.view.getUint8(packet.start) >>> 4 === 6;
    const outcome = (isIpv6 ? translate6to4 : translate4to6)(packet, maps, path, this.#out);
    if (isRefused(outcome)) return this.#refuse(outcome, packet, isIpv6);
    if (outcome !== verdict.translated) return done(outcome, []);
    if (isIpv6 && this.#hairpin?.turns(packet)) return this.#turnRound(packet, this.#hairpin);
    return done(outcome, sent(isIpv6 ? 'ipv4' : 'ipv6', pieces(packet, this.#out)));
  }

  /** Sends an IPv6 packet that became IPv4 back to IPv6, each piece for itself. */
  #turnRound(packet: PacketBuffer, hairpin: Hairpin): Outcome {
    const all: Uint8Array[] = [];
    for (let piece = 0; piece < this.#out.count; piece++) {
      const outcome = turnRound(packet, this.#out, piece, again, hairpin.map, this.#settings.path, back);
      if (hairpin.isLoop(again)) return done(verdict['dropped-loop'], []);
      if (outcome === verdict['refused-packet-too-big']) {
        // The sender is told in its own family, of the length of its own packet.
        const { refusal } = this.#out;
        refusal.type = icmpv6.type.PACKET_TOO_BIG;
        refusal.code = 0;
        refusal.parameter = back.refusal.parameter + GROWTH;
        return this.#refuse(outcome, packet, true);
      }
      if (outcome !== verdict.translated) return done(outcome, []);
      all.push(...pieces(again, back));
    }
    return done(verdict.translated, sent('ipv6', all));
  }

  /**
   * Answers a refused packet with the ICMP error that `refusal` describes, if there is an address to send it from. Where no
   * error may be sent about the packet, whatever our address, it is dropped in silence.
   */
  #refuse(outcome: Verdict, packet: PacketBuffer, isIpv6: boolean): Outcome {
    const { ownIpv4, ownIpv6 } = this.#settings;
    const { refusal } = this.#out;
    const length = isIpv6
      ? writeIcmpv6Error(packet, ownIpv6 ?? NOBODY6, refusal, this.#error, 0)
      : writeIcmpv4Error(packet, ownIpv4 ?? NOBODY4, refusal, this.#error, 0);
    const isSent = length > 0 && (isIpv6 ? ownIpv6 : ownIpv4) !== undefined;
    const octets = new Uint8Array(this.#error.buffer.slice(0, length));
    return {
      ...done(outcome, isSent ? sent(isIpv6 ? 'ipv6' : 'ipv4', [octets]) : []),
      verdict: length > 0 ? 'refused' : 'dropped',
    };
  }
}

/** The packets that `out` describes, in arrays of their own. */
function pieces(packet: PacketBuffer, out: HeaderBuffer): Uint8Array[] {
  return Array.from({ length: out.count }, (_, piece) => out.join(packet, piece));
}

function sent(to: Sent['to'], pieces: readonly Uint8Array[]): Sent[] {
  return pieces.map((octets) => ({ to, octets }));
}

function done(outcome: Verdict, out: readonly Sent[]): Outcome {
  const isTranslated = outcome === verdict.translated;
  return {
    verdict: isTranslated ? 'translated' : isRefused(outcome) ? 'refused' : 'dropped',
    reason: verdicts[outcome] as VerdictName,
    out,
  };
}
