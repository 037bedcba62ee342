/** The words of packet lines that stand for numbers; a number without a word is written as it is. */
import * as icmpv4 from '../wire/icmpv4.ts';
import * as icmpv6 from '../wire/icmpv6.ts';
import { protocol } from '../wire/protocol.ts';

export const icmpv4Names: Readonly<Record<string, number>> = {
  echo: icmpv4.type.ECHO,
  'echo-reply': icmpv4.type.ECHO_REPLY,
  unreachable: icmpv4.type.DESTINATION_UNREACHABLE,
  quench: icmpv4.type.SOURCE_QUENCH,
  redirect: icmpv4.type.REDIRECT,
  'time-exceeded': icmpv4.type.TIME_EXCEEDED,
  'parameter-problem': icmpv4.type.PARAMETER_PROBLEM,
};

export const icmpv6Names: Readonly<Record<string, number>> = {
  echo: icmpv6.type.ECHO,
  'echo-reply': icmpv6.type.ECHO_REPLY,
  unreachable: icmpv6.type.DESTINATION_UNREACHABLE,
  'packet-too-big': icmpv6.type.PACKET_TOO_BIG,
  'time-exceeded': icmpv6.type.TIME_EXCEEDED,
  'parameter-problem': icmpv6.type.PARAMETER_PROBLEM,
};

/** IPv6 extension headers that a line has layers for; Fragment Headers have their own. */
export const extensionNames: Readonly<Record<string, number>> = {
  'hop-by-hop': protocol.HOP_BY_HOP,
  routing: protocol.ROUTING,
  destination: protocol.DESTINATION_OPTIONS,
};

/** The word for a number, or the number. */
export function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

export function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
