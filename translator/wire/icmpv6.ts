/** ICMPv6's types and codes (RFC 4443; the layout of the header is in `icmp.ts`). */

export const type = {
  DESTINATION_UNREACHABLE: 1,
  PACKET_TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO: 128,
  ECHO_REPLY: 129,
  REDIRECT: 137,
} as const;

/** Codes of "destination unreachable". */
export const unreachable = { NO_ROUTE: 0, PROHIBITED: 1, BEYOND_SCOPE: 2, ADDRESS: 3, PORT: 4 } as const;

/** Codes of "parameter problem". */
export const problem = { HEADER_FIELD: 0, NEXT_HEADER: 1, OPTION: 2 } as const;

/** Whether a type reports an error about another packet: the high bit is clear (RFC 4443 §2.1). */
export function isError(value: number): boolean {
  return value < 128;
}
