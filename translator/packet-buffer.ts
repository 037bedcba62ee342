/**
 * A packet as it was received, with what the device said about work left undone (virtio 1.2 §5.1.6, `virtio_net_hdr`).
 */

/** Kinds of segmentation offload, with the numbers of `virtio_net_hdr.gso_type`. */
export const gso = { NONE: 0, TCPV4: 1, TCPV6: 4, UDP_L4: 5 } as const;

/**
 * Offload state of one packet. With `needsChecksum` the field at `checksumStart + checksumOffset` holds the folded,
 * uncomplemented sum of the pseudo-header; somebody later sums from `checksumStart` to the end and complements.
 */
export class Offload {
  needsChecksum = false;
  /** One of `gso`; any other number is not understood and the packet must be dropped. */
  gsoType: number = gso.NONE;
  /** Whether TCP's CWR is set in the first segment (`VIRTIO_NET_HDR_GSO_ECN`). */
  ecn = false;
  /** Octets of IP and transport header, as the kernel guesses them. */
  headerLength = 0;
  /** Octets of payload in each segment. */
  gsoSize = 0;
  /** Octets from the start of the IP header to where the checksum begins. */
  checksumStart = 0;
  /** Octets from `checksumStart` to the checksum field. */
  checksumOffset = 0;

  clear(): void {
    this.needsChecksum = false;
    this.gsoType = gso.NONE;
    this.ecn = false;
    this.headerLength = 0;
    this.gsoSize = 0;
    this.checksumStart = 0;
    this.checksumOffset = 0;
  }
}

/**
 * Room for the largest packet a device hands over: 65,535 octets of IPv4, or 40 + 65,535 of IPv6, and a device header.
 */
export const PACKET_BUFFER_SIZE = 65_664;

/** One packet at a time, in a buffer that is made once and carries its views. The translator never writes to it. */
export class PacketBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offload = new Offload();
  /** Where `bytes` are in memory; 0 until a device that has to tell the kernel found out. */
  address = 0;
  /** Where the IP header begins in `bytes`. */
  start = 0;
  /** Octets of the packet, from the IP header on; may exceed what the IP header claims, never the buffer. */
  length = 0;

  constructor(bytes: Uint8Array = new Uint8Array(PACKET_BUFFER_SIZE)) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
