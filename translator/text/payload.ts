/** Octets in a packet line: `"text"`, `0x0a0b`, or `[1400]`, which is so many octets counting up from 0. */

/** Longer payloads are printed as their length only, so that a line stays a line. */
const LONGEST = 64;

const PRINTABLE = /^[ !#-[\]-~]+$/;

/** Hexadecimal digits without anything before them. */
export function hex(view: DataView, at: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, end - at).toString('hex');
}

/** Reads hexadecimal digits, `0x` before them or not; throws if they are none. */
export function fromHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new Error(`Cannot read "${text}": not hexadecimal`);
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** Prints octets; a long payload that does not count up from 0 comes back as one that does. */
export function formatPayload(view: DataView, at: number, end: number): string {
  const octets = Buffer.from(view.buffer, view.byteOffset + at, end - at);
  const text = octets.toString('latin1');
  if (octets.length <= LONGEST && PRINTABLE.test(text)) return `"${text}"`;
  const isCounting = octets.length >= 8 && octets.every((octet, index) => octet === (index & 255));
  return isCounting || octets.length > LONGEST ? `[${octets.length}]` : `0x${octets.toString('hex')}`;
}

/** Reads what `formatPayload` prints; throws for anything else. */
export function parsePayload(text: string): Uint8Array {
  const quoted = /^"(.*)"$/.exec(text);
  if (quoted !== null) return new Uint8Array(Buffer.from(quoted[1] ?? '', 'latin1'));
  const counted = /^\[(\d+)\]$/.exec(text);
  if (counted !== null) return Uint8Array.from({ length: Number(counted[1]) }, (_, index) => index & 255);
  if (text.startsWith('0x')) return fromHex(text);
  throw new Error(`Cannot read the payload ${text}: neither "text", 0xhex nor [length]`);
}

/** Reads the options of a header: hexadecimal, a multiple of 4 octets; none if there is no text. */
export function parseOptions(text = ''): Uint8Array {
  const octets = fromHex(text);
  if (octets.length % 4 !== 0) throw new Error(`Cannot read the options ${text}: not a multiple of 4 octets`);
  return octets;
}
