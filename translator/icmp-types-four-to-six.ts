/** Types, codes, MTUs and pointers of ICMPv4 errors in ICMPv6 (RFC 7915 §4.2). */
import { type IcmpMessage, NOT_TRANSLATED } from './icmp-message.ts';
import type { PathMtu } from './path-mtu.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';

const { NO_ROUTE, PROHIBITED, PORT } = icmpv6.unreachable;

/** ICMPv6 codes of "destination unreachable" for ICMPv4's 0 to 15; 2 and 4 become other types. */
const UNREACHABLE_CODES = [
  NO_ROUTE,
  NO_ROUTE,
  NOT_TRANSLATED,
  PORT,
  NOT_TRANSLATED,
  NO_ROUTE,
  NO_ROUTE,
  NO_ROUTE,
  NO_ROUTE,
  PROHIBITED,
  PROHIBITED,
  NO_ROUTE,
  NO_ROUTE,
  PROHIBITED,
  NOT_TRANSLATED,
  PROHIBITED,
] as const;

/** Where a field of the IPv4 header (by octet) is in the IPv6 header (RFC 7915 figure 3). */
const POINTERS = [0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24] as const;

/** Path MTUs to guess at when a router names none (RFC 1191 §7.1), of those that may carry IPv6. */
const PLATEAUS = [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492] as const;

/** Where ICMPv6 points when a protocol is unknown: the next header field. */
const NEXT_HEADER_POINTER = 6;

/**
 * Translates type, code and second word. `quotedLength` is the total length of the packet in error. Returns false when
 * there is no such error in ICMPv6; `message` is undefined then.
 */
export function types4to6(
  type: number,
  code: number,
  parameter: number,
  quotedLength: number,
  path: PathMtu,
  message: IcmpMessage,
): boolean {
  message.code = 0;
  message.parameter = 0;
  message.isExtensible = true;
  switch (type) {
    case icmpv4.type.DESTINATION_UNREACHABLE:
      if (code === icmpv4.unreachable.PROTOCOL) {
        return setProblem(message, icmpv6.problem.NEXT_HEADER, NEXT_HEADER_POINTER);
      }
      if (code === icmpv4.unreachable.FRAGMENTATION_NEEDED) {
        message.type = icmpv6.type.PACKET_TOO_BIG;
        message.parameter = mtu4to6(parameter & 0xffff, quotedLength, path);
        message.isExtensible = false;
        return true;
      }
      message.type = icmpv6.type.DESTINATION_UNREACHABLE;
      message.code = UNREACHABLE_CODES[code] ?? NOT_TRANSLATED;
      return message.code !== NOT_TRANSLATED;
    case icmpv4.type.TIME_EXCEEDED:
      message.type = icmpv6.type.TIME_EXCEEDED;
      message.code = code;
      return true;
    case icmpv4.type.PARAMETER_PROBLEM:
      if (code !== 0 && code !== 2) return false;
      return setProblem(message, icmpv6.problem.HEADER_FIELD, POINTERS[parameter >>> 24] ?? NOT_TRANSLATED);
    default:
      return false;
  }
}

function setProblem(message: IcmpMessage, code: number, pointer: number): boolean {
  message.type = icmpv6.type.PARAMETER_PROBLEM;
  message.code = code;
  message.parameter = pointer;
  message.isExtensible = false;
  return pointer !== NOT_TRANSLATED;
}

/** The MTU to report: what the router said, or a plateau below the packet's length, never less than IPv6 promises. */
function mtu4to6(reported: number, quotedLength: number, path: PathMtu): number {
  const growth = ipv6Header.LENGTH - ipv4Header.LENGTH;
  const mtu = reported === 0 ? plateauBelow(quotedLength) : reported;
  return Math.max(ipv6Header.MINIMUM_MTU, Math.min(mtu + growth, path.mtu6, path.mtu4 + growth));
}

function plateauBelow(length: number): number {
  for (const plateau of PLATEAUS) if (plateau < length) return plateau;
  return 0;
}
