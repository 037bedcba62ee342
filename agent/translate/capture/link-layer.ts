/** Finds the IP packet in a captured frame: behind nothing, or behind an Ethernet header (IEEE 802.3, 802.1Q). */
import { CaptureError, linkType } from './format.ts';

const MAC_ADDRESSES = 12;
const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;

const etherType = { IPV4: 0x0800, VLAN: 0x8100, IPV6: 0x86dd, SERVICE_VLAN: 0x88a8 } as const;

/** Octets in front of the IP packet, or words for why there is none. */
export type LinkLayer = (bytes: Uint8Array, start: number, length: number) => number | string;

/** How frames of a kind of link are read. Throws a `CaptureError` for a kind that is not. */
export function linkLayer(type: number): LinkLayer {
  switch (type) {
    case linkType.ETHERNET:
      return ethernet;
    case linkType.RAW_INSIDE:
    case linkType.RAW_OPENBSD:
    case linkType.RAW:
    case linkType.IPV4:
    case linkType.IPV6:
      return () => 0;
    default:
      throw new CaptureError(`its link type is ${type}; Ethernet (1) and raw IP (12, 14, 101, 228, 229) can be read`);
  }
}

/** One VLAN tag is passed over. */
function ethernet(bytes: Uint8Array, start: number, length: number): number | string {
  const word = (at: number): number => ((bytes[start + at] ?? 0) << 8) | (bytes[start + at + 1] ?? 0);
  if (length < ETHERNET_HEADER) return 'no frame, too short';
  let type = word(MAC_ADDRESSES);
  let header = ETHERNET_HEADER;
  if (type === etherType.VLAN || type === etherType.SERVICE_VLAN) {
    header += VLAN_TAG;
    if (length < header) return 'no frame, too short';
    type = word(MAC_ADDRESSES + VLAN_TAG);
  }
  if (type === etherType.IPV4 || type === etherType.IPV6) return header;
  return `no IP, type 0x${type.toString(16).padStart(4, '0')}`;
}
