/** The classic capture file of libpcap (pcap-savefile(5)): a header of 24 octets, then records of 16 octets and a packet. */

/** What is wrong with a capture file, in a sentence. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

/** The first word: the order of octets shows in which order its own come. */
export const magic = { MICROSECONDS: 0xa1b2c3d4, NANOSECONDS: 0xa1b23c4d } as const;

/** The first word of what is no classic capture, but often taken for one. */
export const PCAPNG_MAGIC = 0x0a0d0d0a;

export const FILE_HEADER = 24;
export const RECORD_HEADER = 16;

/** Field offsets, in octets. */
export const fileField = { MAGIC: 0, MAJOR: 4, MINOR: 6, SNAP_LENGTH: 16, LINK_TYPE: 20 } as const;
export const recordField = { SECONDS: 0, FRACTION: 4, CAPTURED: 8, ORIGINAL: 12 } as const;

/** The octets of a packet that are kept: as many as tcpdump keeps, and more than a packet has. */
export const SNAP_LENGTH = 262_144;

/**
 * Kinds of link (tcpdump.org, "link-layer header types"). Some programs write the number that raw IP has inside libpcap,
 * which is 12, or 14 on OpenBSD.
 */
export const linkType = { ETHERNET: 1, RAW_INSIDE: 12, RAW_OPENBSD: 14, RAW: 101, IPV4: 228, IPV6: 229 } as const;
