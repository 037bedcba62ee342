/** IPv4 addresses as numbers, and their text form (RFC 791 §3.1; dotted decimal as RFC 6943 §3.1.1 "strict"). */

/** An IPv4 address: an unsigned 32-bit integer in host order, so that 10.0.0.1 is 0x0a000001. */
export type Ipv4Address = number & { readonly __brand: 'Ipv4Address' };

/** Takes any number as an address: its low 32 bits, unsigned. */
export function ipv4(value: number): Ipv4Address {
  return (value >>> 0) as Ipv4Address;
}

/**
 * Reads dotted decimal: four decimal octets, no leading zeros, no shorter forms.
 * Returns `undefined` for anything else (`010.8.8.8` is octal to some programs and decimal to others).
 */
export function parseIpv4(text: string): Ipv4Address | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255 || String(octet) !== part) return undefined;
    value = value * 256 + octet;
  }
  return value as Ipv4Address;
}

/** Writes dotted decimal. */
export function formatIpv4(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
