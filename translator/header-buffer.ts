/**
 * Where the translator writes: headers only. The payload stays where it was received and is named as a slice of the
 * input, so that a device joins both with `writev` and cutting a packet into fragments is one more header per slice.
 */
import { Offload } from './packet-buffer.ts';

/** Octets kept free in front of every piece's headers, for a header of the device (`virtio_net_hdr` takes 10). */
export const HEADROOM = 16;

/** Octets for the headers of one piece: IPv6 (40), Fragment Header (8), the longest transport or ICMP quote header. */
const PIECE_ROOM = 240;

/** The most pieces one packet becomes: 65,535 octets in fragments of 1,232, rounded up. */
export const MOST_PIECES = 64;

/** What an ICMP error of our own would say; set when a packet is refused. Numbers are those of the packet's own family. */
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
  /** How many pieces there are; 0 unless the packet was translated. */
  count = 0;
  /** Per piece: where its headers begin in `bytes` (at least `HEADROOM`). */
  readonly headerStart = new Int32Array(MOST_PIECES);
  readonly headerLength = new Int32Array(MOST_PIECES);
  /** Per piece: where its payload begins in the input's `bytes`. */
  readonly payloadStart = new Int32Array(MOST_PIECES);
  readonly payloadLength = new Int32Array(MOST_PIECES);
  /** Offload left to do on the translated packet. Pieces of a fragmented packet have none. */
  readonly offload = new Offload();
  readonly refusal = new Refusal();

  constructor() {
    const room = (HEADROOM + PIECE_ROOM) * MOST_PIECES;
    this.bytes = new Uint8Array(room);
    this.view = new DataView(this.bytes.buffer);
    for (let piece = 0; piece < MOST_PIECES; piece++) {
      this.headerStart[piece] = piece * (HEADROOM + PIECE_ROOM) + HEADROOM;
    }
  }
}
