/**
 * Where the translator writes: headers only. The payload stays where it was received and is named as a slice of the
 * input, so that a device joins both with `writev` and cutting a packet into fragments is one more header per slice.
 */
import { Identifications } from './identifications.ts';
import { Offload, type PacketBuffer } from './packet-buffer.ts';

/** Octets kept free in front of every piece's headers, for a header of the device (`virtio_net_hdr` takes 10). */
export const HEADROOM = 16;

/**
 * Octets for the headers of one piece: IPv6 (40), Fragment Header (8), what is written anew of the transport header.
 */
const PIECE_ROOM = 112;

/** The most pieces one packet becomes: 65,535 octets in fragments of 1,232, rounded up. */
export const MOST_PIECES = 64;

/**
 * What an ICMP error of our own would say; set when a packet is refused. Numbers are those of the packet's own family.
 */
export class Refusal {
  type = 0;
  code = 0;
  /** The second word of the ICMP message: an MTU, a pointer, or 0. */
  parameter = 0;
}

/** The outcome of translating one packet: `count` pieces, each headers in this buffer and a slice of the input. */
export class HeaderBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where `bytes` are in memory; 0 until a device that has to tell the kernel found out. */
  address = 0;
  /** How many pieces there are; 0 unless the packet was translated. */
  count = 0;
  /** Per piece: where its headers begin in `bytes` (at least `HEADROOM`). */
  readonly headerStart = new Int32Array(MOST_PIECES);
  /**
   * Per piece: octets of its headers. A translated ICMP error is all header, quoted packet included: the only piece of
   * its packet, it runs on into the room of pieces that are not there.
   */
  readonly headerLength = new Int32Array(MOST_PIECES);
  /** Per piece: where its payload begins in the input's `bytes`. */
  readonly payloadStart = new Int32Array(MOST_PIECES);
  readonly payloadLength = new Int32Array(MOST_PIECES);
  /** Offload left to do on the translated packet. Pieces of a fragmented packet have none. */
  readonly offload = new Offload();
  readonly refusal = new Refusal();
  /** Values for IPv4 packets that may be fragmented: the one thing that is remembered from packet to packet. */
  readonly identifications: Identifications;

  /** While a packet is written: where the next header octet goes in `bytes`. */
  position = HEADROOM;
  /** While a packet is written: the octets of the input, from here to there, that follow the headers. */
  restStart = 0;
  restEnd = 0;

  constructor(identifications = new Identifications()) {
    this.identifications = identifications;
    this.bytes = new Uint8Array((HEADROOM + PIECE_ROOM) * MOST_PIECES);
    this.view = new DataView(this.bytes.buffer);
    for (let piece = 0; piece < MOST_PIECES; piece++) {
      this.headerStart[piece] = piece * (HEADROOM + PIECE_ROOM) + HEADROOM;
    }
  }

  /** Forgets the packet before. */
  begin(): void {
    this.count = 0;
    this.position = HEADROOM;
    this.offload.clear();
  }

  /** Makes what was written, and the rest that was named, the only piece. */
  end(): void {
    this.count = 1;
    this.headerLength[0] = this.position - HEADROOM;
    this.payloadStart[0] = this.restStart;
    this.payloadLength[0] = this.restEnd - this.restStart;
  }

  /** Copies a whole piece of what became of `packet` to the start of `to`, as a packet of its own. */
  copyPiece(packet: PacketBuffer, piece: number, to: PacketBuffer): void {
    const header = this.headerStart[piece] as number;
    const headerLength = this.headerLength[piece] as number;
    const payload = this.payloadStart[piece] as number;
    const payloadLength = this.payloadLength[piece] as number;
    const body = to.start + headerLength;
    for (let index = 0; index < headerLength; index++)
      to.bytes[to.start + index] = this.bytes[header + index] as number;
    for (let index = 0; index < payloadLength; index++)
      to.bytes[body + index] = packet.bytes[payload + index] as number;
    to.length = headerLength + payloadLength;
    Object.assign(to.offload, this.offload);
  }

  /** A whole piece in one new array, for traces and tests; `packet` is the one that was translated. */
  join(packet: PacketBuffer, piece: number): Uint8Array {
    const start = this.headerStart[piece] ?? 0;
    const length = this.headerLength[piece] ?? 0;
    const from = this.payloadStart[piece] ?? 0;
    const payload = packet.bytes.subarray(from, from + (this.payloadLength[piece] ?? 0));
    const joined = new Uint8Array(length + payload.length);
    joined.set(this.bytes.subarray(start, start + length));
    joined.set(payload, length);
    return joined;
  }
}
