/**
 * Domain names as the octets they are (RFC 1035 §3.1, RFC 2181 §11): labels may hold dots, NUL and anything else, and
 * keep their case. Text is for people, and for what people wrote (master file escapes, RFC 1035 §5.1).
 */
import { budget, specified } from './budget.ts';
import { HEADER_LENGTH } from './header.ts';

/** A whole name in wire form without compression: length octet and label, repeated, and the zero octet of the root. */
export type Name = Uint8Array;

const ROOT: Name = new Uint8Array(1);

/** Where a walk over names of up to `specified.NAME` octets puts its labels, before they are copied out or left. */
const scratch = Buffer.alloc(specified.NAME);
let scratchLength = 0;

/**
 * Walks over the name at `offset` and leaves it uncompressed in `scratch`. Returns where the name's own octets end,
 * or -1 if it leaves the message, is longer than 255 octets, has an unknown label type, or a pointer that does not
 * lead strictly backwards (RFC 1035 §4.1.4 "a prior occurrence").
 */
function walkName(octets: Uint8Array, offset: number): number {
  let at = offset;
  let segment = offset;
  let end = -1;
  let pointers = 0;
  let length = 0;
  for (;;) {
    const first = octets[at];
    if (first === undefined) return -1;
    if (first === 0) {
      if (length + 1 > specified.NAME) return -1;
      scratch[length] = 0;
      scratchLength = length + 1;
      return end < 0 ? at + 1 : end;
    }
    if (first >= 0xc0) {
      const second = octets[at + 1];
      if (second === undefined || ++pointers > budget.POINTERS) return -1;
      if (end < 0) end = at + 2;
      const target = ((first & 0x3f) << 8) | second;
      if (target >= segment || target < HEADER_LENGTH) return -1;
      at = target;
      segment = target;
    } else if (first > specified.LABEL || at + 1 + first > octets.length || length + first + 2 > specified.NAME) {
      return -1;
    } else {
      for (let index = 0; index <= first; index++) scratch[length++] = octets[at++] ?? 0;
    }
  }
}

/** Where the name at `offset` ends, or -1 if it is not one. */
export function skipName(octets: Uint8Array, offset: number): number {
  return walkName(octets, offset);
}

/** The name at `offset`, uncompressed; `undefined` if it is not one. */
export function readName(octets: Uint8Array, offset: number): Name | undefined {
  return walkName(octets, offset) < 0 ? undefined : Uint8Array.from(scratch.subarray(0, scratchLength));
}

/** Two names are the same when their keys are: octets as characters, ASCII letters in lower case (RFC 4343 §3). */
export function nameKey(name: Name): string {
  return readNameKey(name, 0) ?? '';
}

/** The key of the name at `offset`, without making the name; `undefined` if it is not one. */
export function readNameKey(octets: Uint8Array, offset: number): string | undefined {
  if (walkName(octets, offset) < 0) return undefined;
  for (let at = 0; at < scratchLength; at++) {
    const octet = scratch[at] ?? 0;
    if (octet >= 0x41 && octet <= 0x5a) scratch[at] = octet | 0x20;
  }
  return scratch.toString('latin1', 0, scratchLength);
}

/** The keys of a name and of every name above it, the longest first, the root last. */
export function keysUpward(name: Name): string[] {
  const whole = nameKey(name);
  const keys: string[] = [];
  for (let at = 0; at < name.length; at += (name[at] ?? 0) + 1) keys.push(whole.slice(at));
  return keys;
}

/** How each octet is written inside a label. */
const written: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet);
  if (/[A-Za-z0-9_*/-]/.test(character)) return character;
  return octet > 0x20 && octet < 0x7f ? `\\${character}` : `\\${String(octet).padStart(3, '0')}`;
});

/** A name as text: without the last dot, what is not plain in a label escaped (`\.`, `\032`); the root is `.`. */
export function formatName(name: Name): string {
  let text = '';
  let at = 0;
  for (let length = name[0] ?? 0; length !== 0; length = name[at] ?? 0) {
    if (at > 0) text += '.';
    for (const end = at + length; at < end; ) text += written[name[++at] ?? 0];
    at++;
  }
  return text === '' ? '.' : text;
}

/** A character's octet; 256, which is none, for what is not ASCII: nobody can say which octets were meant. */
function asciiOrTooLarge(character: string): number {
  const code = character.codePointAt(0) ?? 256;
  return code < 128 ? code : 256;
}

/** Reads text as `formatName` writes it, with or without the last dot. Returns `undefined` if it is no name. */
export function parseName(text: string): Name | undefined {
  if (text === '.') return ROOT;
  const labels: number[][] = [[]];
  for (const [, decimal, escaped, dot, plain] of text.matchAll(/\\(\d{3})|\\(.)|(\.)|(.)/gsu)) {
    const label = labels.at(-1) ?? [];
    if (dot !== undefined) labels.push([]);
    else if (decimal !== undefined) label.push(Number(decimal));
    else label.push(asciiOrTooLarge(escaped ?? plain ?? ''));
  }
  if (labels.at(-1)?.length === 0) labels.pop();
  const octets = labels.flatMap((label) => [label.length, ...label]);
  const isSound =
    labels.length > 0 &&
    labels.every(
      (label) => label.length > 0 && label.length <= specified.LABEL && label.every((octet) => octet < 256),
    ) &&
    octets.length < specified.NAME;
  return isSound ? Uint8Array.from([...octets, 0]) : undefined;
}
