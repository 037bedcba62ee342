/** ICMPv4's types and codes (RFC 792, RFC 1122 §3.2.2, RFC 1812 §5.2.7; the layout of the header is in `icmp.ts`). */

export const type = {
  ECHO_REPLY: 0,
  DESTINATION_UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;

/** Codes of "destination unreachable". */
export const unreachable = {
  NETWORK: 0,
  HOST: 1,
  PROTOCOL: 2,
  PORT: 3,
  FRAGMENTATION_NEEDED: 4,
  SOURCE_ROUTE_FAILED: 5,
  PROHIBITED: 13,
} as const;

/** Whether a type reports an error about another packet; about such messages no error is sent (RFC 1122 §3.2.2). */
export function isError(value: number): boolean {
  switch (value) {
    case type.DESTINATION_UNREACHABLE:
    case type.SOURCE_QUENCH:
    case type.REDIRECT:
    case type.TIME_EXCEEDED:
    case type.PARAMETER_PROBLEM:
      return true;
    default:
      return false;
  }
}
