/**
 * The 10 octets a TUN device with `IFF_VNET_HDR` puts before every packet (virtio 1.2 §5.1.6, `struct virtio_net_hdr`).
 * Its numbers are in the machine's own byte order: TUN devices are "legacy" unless told otherwise.
 *
 *     | flags 1 | gso_type 1 | hdr_len 2 | gso_size 2 | csum_start 2 | csum_offset 2 |
 */
import { endianness } from 'node:os';
import type { Offload } from '../../translator/packet-buffer.ts';

export const VIRTIO_NET_HEADER_SIZE = 10;

const field = { FLAGS: 0, GSO_TYPE: 1, HEADER_LENGTH: 2, GSO_SIZE: 4, CHECKSUM_START: 6, CHECKSUM_OFFSET: 8 } as const;
const flags = { NEEDS_CHECKSUM: 1 } as const;
/** Set in `gso_type` beside the type itself. */
const GSO_ECN = 0x80;
const LITTLE = endianness() === 'LE';

/** Reads the header at `offset` into `offload`. */
export function readVirtioNetHeader(view: DataView, offset: number, offload: Offload): void {
  const type = view.getUint8(offset + field.GSO_TYPE);
  offload.needsChecksum = (view.getUint8(offset + field.FLAGS) & flags.NEEDS_CHECKSUM) !== 0;
  offload.gsoType = type & ~GSO_ECN;
  offload.ecn = (type & GSO_ECN) !== 0;
  offload.headerLength = view.getUint16(offset + field.HEADER_LENGTH, LITTLE);
  offload.gsoSize = view.getUint16(offset + field.GSO_SIZE, LITTLE);
  offload.checksumStart = view.getUint16(offset + field.CHECKSUM_START, LITTLE);
  offload.checksumOffset = view.getUint16(offset + field.CHECKSUM_OFFSET, LITTLE);
}

/** Writes all 10 octets of the header at `offset`. */
export function writeVirtioNetHeader(view: DataView, offset: number, offload: Offload): void {
  view.setUint8(offset + field.FLAGS, offload.needsChecksum ? flags.NEEDS_CHECKSUM : 0);
  view.setUint8(offset + field.GSO_TYPE, offload.gsoType | (offload.ecn ? GSO_ECN : 0));
  view.setUint16(offset + field.HEADER_LENGTH, offload.headerLength, LITTLE);
  view.setUint16(offset + field.GSO_SIZE, offload.gsoSize, LITTLE);
  view.setUint16(offset + field.CHECKSUM_START, offload.checksumStart, LITTLE);
  view.setUint16(offset + field.CHECKSUM_OFFSET, offload.checksumOffset, LITTLE);
}
