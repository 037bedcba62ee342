/** Types, codes, MTUs and pointers of ICMPv6 errors in ICMPv4 (RFC 7915 §5.2). */
import { type IcmpMessage, NOT_TRANSLATED } from './icmp-message.ts';
import type { PathMtu } from './path-mtu.ts';
import * as fragmentHeader from './wire/fragment.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as icmpv6 from './wire/icmpv6.ts';
import * as ipv4Header from './wire/ipv4.ts';
import * as ipv6Header from './wire/ipv6.ts';

const { HOST, PORT } = icmpv4.unreachable;

/** "Communication with destination host administratively prohibited" (RFC 1122 §3.2.2.1). */
const HOST_PROHIBITED = 10;

/** ICMPv4 codes of "destination unreachable" for ICMPv6's 0 to 4. */
const UNREACHABLE_CODES = [HOST, HOST_PROHIBITED, HOST, HOST, PORT] as const;

/** Where a field of the IPv6 header (by octet) is in the IPv4 header (RFC 7915 figure 6); both addresses follow. */
const POINTERS = [0, 1, -1, -1, 2, 2, 9, 8] as const;
const SOURCE_POINTER = 12;
const DESTINATION_POINTER = 16;

/**
 * Translates type, code and second word. `isQuoteFragment` says whether the packet in error has a Fragment Header.
 * Returns false when there is no such error in ICMPv4; `message` is undefined then.
 */
export function types6to4(
  type: number,
  code: number,
  parameter: number,
  isQuoteFragment: boolean,
  path: PathMtu,
  message: IcmpMessage,
): boolean {
  message.code = 0;
  message.parameter = 0;
  switch (type) {
    case icmpv6.type.DESTINATION_UNREACHABLE:
      message.type = icmpv4.type.DESTINATION_UNREACHABLE;
      message.code = UNREACHABLE_CODES[code] ?? NOT_TRANSLATED;
      return message.code !== NOT_TRANSLATED;
    case icmpv6.type.PACKET_TOO_BIG:
      message.type = icmpv4.type.DESTINATION_UNREACHABLE;
      message.code = icmpv4.unreachable.FRAGMENTATION_NEEDED;
      message.parameter = mtu6to4(parameter, isQuoteFragment, path);
      return true;
    case icmpv6.type.TIME_EXCEEDED:
      message.type = icmpv4.type.TIME_EXCEEDED;
      message.code = code;
      return true;
    case icmpv6.type.PARAMETER_PROBLEM:
      if (code === icmpv6.problem.NEXT_HEADER) {
        message.type = icmpv4.type.DESTINATION_UNREACHABLE;
        message.code = icmpv4.unreachable.PROTOCOL;
        return true;
      }
      message.type = icmpv4.type.PARAMETER_PROBLEM;
      message.parameter = pointer6to4(parameter) << 24;
      return code === icmpv6.problem.HEADER_FIELD && pointer6to4(parameter) !== NOT_TRANSLATED;
    default:
      return false;
  }
}

/** The MTU to report. Less than 1,280 no IPv6 link has (RFC 8201 §4), so whoever says so is not believed. */
function mtu6to4(reported: number, isQuoteFragment: boolean, path: PathMtu): number {
  const growth = ipv6Header.LENGTH - ipv4Header.LENGTH;
  const mtu = Math.max(reported, ipv6Header.MINIMUM_MTU) - (isQuoteFragment ? fragmentHeader.LENGTH : 0);
  return Math.min(mtu - growth, path.mtu4, path.mtu6 - growth);
}

function pointer6to4(pointer: number): number {
  if (pointer < 8) return POINTERS[pointer] ?? NOT_TRANSLATED;
  if (pointer < 24) return SOURCE_POINTER;
  return pointer < ipv6Header.LENGTH ? DESTINATION_POINTER : NOT_TRANSLATED;
}
