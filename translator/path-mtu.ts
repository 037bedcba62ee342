/** What the translator is told about the path on either side, and the choices RFC 7915 leaves to an operator. */

import type { SourcePool4, SourcePool6 } from './source-pool.ts';

/** Plain fields, read for every packet: they may be set at any time between two. */
export class PathMtu {
  /** The MTU of the next hop on the IPv4 side, in octets: 68 to 65,535. */
  mtu4 = 1500;
  /** The MTU of the next hop on the IPv6 side, in octets: 1,280 to 65,535. */
  mtu6 = 1500;
  /** Packets whose sender allows fragments are cut to this on the IPv6 side: 1,280 to 65,535 (RFC 7915 §4). */
  lowestIpv6Mtu = 1280;
  /** Keep time to live and hop limit as they are, so that the translator does not show as a hop. */
  hideHop = false;
  /** Write traffic class and type of service as 0 (RFC 7915 §4.1, §5.1). */
  ignoreTrafficClass = false;
  /** What to do with a whole IPv4 UDP packet without checksum (RFC 7915 §4.5). */
  zeroUdpChecksum: 'compute' | 'drop' = 'compute';
  /** What to do with an IPv6 UDP packet without checksum (RFC 6935; RFC 7915 is silent). */
  zeroUdpChecksum6: 'pass' | 'drop' | 'compute' = 'pass';
  /**
   * Whether an IPv6 source without mapping is a stranger, for whom the control plane may make one (RFC 6535 §2.2); if
   * not, it is refused like a destination without (RFC 7915 §5.4).
   */
  hasStrangers = true;
  /** Whether senders are told of more than what they must be: packet too big and time exceeded are always said. */
  icmpErrors = true;
  /** The IPv4 sources of ICMPv6 errors from addresses without mapping (RFC 6791); without one they are dropped. */
  errorSource4: SourcePool4 = [];
  /** Whether such an error says in an extension which IPv6 address it came from (RFC 6791 §4, RFC 5837). */
  errorSourceExtension = false;
  /** The IPv6 sources of ICMPv4 errors from addresses without mapping; without one they are dropped. */
  errorSource6: SourcePool6 = [];
}
