/** Names of types, classes of error and the like, as people write them (RFC 1035 §5, RFC 3597 §5; IANA's registries). */

const types: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  ANY: 255,
  URI: 256,
  CAA: 257,
};

const names = new Map(Object.entries(types).map(([name, number]) => [number, name]));

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

/** `AAAA`, or `TYPE65280` for those without a name here (RFC 3597 §5). */
export function formatType(type: number): string {
  return names.get(type) ?? `TYPE${type}`;
}

/** Reads what `formatType` writes, in any letter case; `undefined` if it is no type. */
export function parseType(text: string): number | undefined {
  const upper = text.toUpperCase();
  if (Object.hasOwn(types, upper)) return types[upper];
  const number = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  return number !== undefined && Number(number) > 0 && Number(number) < 65_536 ? Number(number) : undefined;
}

/** `NXDOMAIN`, or `RCODE23`. */
export function formatRcode(rcode: number): string {
  return rcodes[rcode] ?? `RCODE${rcode}`;
}
