/** Lines of a stream, as many at a time as have come, so that each is answered as soon as it is there. */
import { Buffer } from 'node:buffer';

/** In place of a line that is too long to be kept. */
export const TOO_LONG = Symbol('too long');

const NEWLINE = 10;

/**
 * Yields the lines of `input`, without their ends and without empty ones; the last needs no end. Of a line over `longest`
 * octets nothing is kept.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<(string | typeof TOO_LONG)[]> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (): (string | typeof TOO_LONG)[] => {
    const line = length > longest ? TOO_LONG : Buffer.concat(parts).toString().trim();
    parts = [];
    length = 0;
    return line === '' ? [] : [line];
  };
  const add = (part: Uint8Array): void => {
    length += part.length;
    if (length > longest) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input) {
    const lines: (string | typeof TOO_LONG)[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      lines.push(...take());
      from = end + 1;
    }
    add(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  const last = take();
  if (last.length > 0) yield last;
}
