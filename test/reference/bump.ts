/**
 * Runs a packet through the translator for a test and watches it: the input must not change, nothing outside the packet
 * may be read, and every octet of the output must be written.
 */

import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import type { AddressMap } from '../../mapper/address-map.ts';
import { translate4to6 } from '../../translator/four-to-six.ts';
import { HeaderBuffer } from '../../translator/header-buffer.ts';
import { LONGEST_ICMP_ERROR, writeIcmpv4Error, writeIcmpv6Error } from '../../translator/icmp-error.ts';
import { Offload, PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacket, formatPieces, parsePacket } from '../../translator/packet-text.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { translate6to4 } from '../../translator/six-to-four.ts';
import { type VerdictName, verdicts } from '../../translator/verdict.ts';
import { exampleMap } from './address-maps.ts';
import { gather } from './gathered.ts';

/** Octets around the packet that must not matter. */
const GUARD = 64;

/** What a test may choose: the path's fields, and the map. */
export type Settings = Partial<PathMtu> & { readonly maps?: AddressMap };

/**
 * What came out: the verdict's word, each piece with its line, and the line of our ICMP error ('' if none may be sent).
 */
export interface Outcome {
  readonly verdict: VerdictName;
  readonly pieces: readonly Uint8Array[];
  readonly lines: readonly string[];
  readonly offload: Offload;
  readonly error: string;
}

/** Our own addresses, as the source of errors. */
const OWN_IPV4 = ipv4(0xac157ffe);
const OWN_IPV6 = ipv6(0x20010db8, 0, 0, 0xfe);

/** Translates octets, in the direction their version asks for; throws if the translator misbehaves. */
export function bump(octets: Uint8Array, offload = new Offload(), settings: Settings = {}): Outcome {
  const outcome = once(octets, offload, settings, 0xa5);
  const again = once(octets, offload, settings, 0x5a);
  if (JSON.stringify(outcome) !== JSON.stringify(again)) {
    throw new Error(`The outcome depends on what was in the buffers before:\n${show(outcome)}\n${show(again)}`);
  }
  return outcome;
}

function once(octets: Uint8Array, offload: Offload, settings: Settings, fill: number): Outcome {
  const { maps = exampleMap, ...path } = settings;
  const packet = new PacketBuffer(new Uint8Array(octets.length + 2 * GUARD).fill(fill));
  packet.bytes.set(octets, GUARD);
  packet.start = GUARD;
  packet.length = octets.length;
  Object.assign(packet.offload, offload);
  const before = packet.bytes.slice();
  const out = new HeaderBuffer();
  out.bytes.fill(fill);
  const translate = (octets[0] ?? 0) >> 4 === 6 ? translate6to4 : translate4to6;
  const verdict = verdicts[translate(packet, maps, Object.assign(new PathMtu(), path), out)];
  if (verdict === undefined) throw new Error('The verdict is none');
  if (Buffer.compare(before, packet.bytes) !== 0) throw new Error('The input was changed');
  if ((verdict === 'translated') !== out.count > 0) throw new Error(`${verdict} with ${out.count} pieces`);
  const pieces = Array.from({ length: out.count }, (_, piece) => out.join(packet, piece));
  const error = verdict.startsWith('refused') ? writeError(packet, out, fill) : new Uint8Array();
  if (!offload.needsChecksum) gather(octets, error.length === 0 ? pieces : [error]);
  return {
    verdict,
    pieces,
    lines: formatPieces(packet, out),
    offload: out.offload,
    error: error.length === 0 ? '' : formatPacket(error),
  };
}

function writeError(packet: PacketBuffer, out: HeaderBuffer, fill: number): Uint8Array {
  const octets = new Uint8Array(LONGEST_ICMP_ERROR).fill(fill);
  const view = new DataView(octets.buffer);
  const isIpv6 = packet.view.getUint8(packet.start) >> 4 === 6;
  const length = isIpv6
    ? writeIcmpv6Error(packet, OWN_IPV6, out.refusal, view, 0)
    : writeIcmpv4Error(packet, OWN_IPV4, out.refusal, view, 0);
  return octets.subarray(0, length);
}

/** The outcome for a line, as one string: the pieces' lines, or the verdict's word. */
export function translated(line: string, settings: Settings = {}): string {
  const { octets, offload } = parsePacket(line);
  return show(bump(octets, offload, settings));
}

/** The line of the ICMP error we send about a packet, or the verdict's word if none is due. */
export function answered(line: string, settings: Settings = {}): string {
  const { octets, offload } = parsePacket(line);
  const { error, verdict } = bump(octets, offload, settings);
  return error === '' ? verdict : error;
}

function show(outcome: Outcome): string {
  return outcome.verdict === 'translated' ? outcome.lines.join('\n') : outcome.verdict;
}
