/** IPv6 addresses as four words, and their text form (RFC 4291 §2.2 in, RFC 5952 out). */
import { formatIpv4, ipv4, parseIpv4 } from './ipv4.ts';

/**
 * An IPv6 address: four signed 32-bit words in network order. Signed, because V8 keeps such numbers without
 * allocating; compare with `===`, shift with `>>>`.
 */
export interface Ipv6Address {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** An IPv6 address that can be written to: where the packet path puts its results without allocating. */
export class Ipv6Words implements Ipv6Address {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;

  /** Takes over four words; any integers, of which the low 32 bits count. */
  set(w0: number, w1: number, w2: number, w3: number): void {
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
  }

  copy(from: Ipv6Address): void {
    this.set(from.w0, from.w1, from.w2, from.w3);
  }
}

/** Makes an address of four words, of which the low 32 bits count. */
export function ipv6(w0: number, w1: number, w2: number, w3: number): Ipv6Address {
  return { w0: w0 | 0, w1: w1 | 0, w2: w2 | 0, w3: w3 | 0 };
}

/** Makes an address of 16 octets starting at `offset`; `octets` must hold them. */
export function ipv6FromOctets(octets: Uint8Array, offset = 0): Ipv6Address {
  const view = new DataView(octets.buffer, octets.byteOffset + offset, 16);
  return ipv6(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
}

/** The 16 octets of an address. */
export function ipv6ToOctets(address: Ipv6Address): Uint8Array {
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  view.setInt32(0, address.w0);
  view.setInt32(4, address.w1);
  view.setInt32(8, address.w2);
  view.setInt32(12, address.w3);
  return octets;
}

export function ipv6Equals(a: Ipv6Address, b: Ipv6Address): boolean {
  return a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
}

/** The eight 16-bit groups of an address. */
function groups(address: Ipv6Address): number[] {
  return [address.w0, address.w1, address.w2, address.w3].flatMap((word) => [word >>> 16, word & 0xffff]);
}

/** Reads groups between colons; `undefined` if one is not 1 to 4 hexadecimal digits. An IPv4 tail counts as two groups. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const result: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      result.push(Number.parseInt(part, 16));
      continue;
    }
    const tail = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (tail === undefined) return undefined;
    result.push(tail >>> 16, tail & 0xffff);
  }
  return result;
}

/** Reads an IPv6 address (RFC 4291 §2.2, all three forms, no zone). Returns `undefined` for anything else. */
export function parseIpv6(text: string): Ipv6Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (index: number): number => ((all[index] ?? 0) << 16) | (all[index + 1] ?? 0);
  return ipv6(word(0), word(2), word(4), word(6));
}

/** Writes an address as RFC 5952 says: lower case, no leading zeros, the first longest run of zero groups as `::`. */
export function formatIpv6(address: Ipv6Address): string {
  if (address.w0 === 0 && address.w1 === 0 && address.w2 === 0xffff) return `::ffff:${formatIpv4(ipv4(address.w3))}`;
  const all = groups(address);
  let start = -1;
  let length = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && all[end] === 0) end++;
    if (end - index > length) {
      start = index;
      length = end - index;
    }
    if (end > index) index = end;
  }
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(all) : `${text(all.slice(0, start))}::${text(all.slice(start + length))}`;
}
