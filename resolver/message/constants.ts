/** Numbers of the DNS with IANA's names (RFC 1035 §3.2, §4.1.1, RFC 6891, RFC 8914). Unknown ones pass through as numbers. */

export const TYPE = {
  A: 1,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  SIG: 24,
  AAAA: 28,
  DNAME: 39,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
} as const;

export const CLASS = { IN: 1 } as const;

export const OPCODE = { QUERY: 0 } as const;

export const RCODE = { NoError: 0, FormErr: 1, ServFail: 2, NXDomain: 3, Refused: 5 } as const;

/** Extended DNS error codes (RFC 8914 §4). */
export const EXTENDED_ERROR = { Other: 0 } as const;
