/** Finds the lines of keys in TOML, as the parser only tells positions of what it cannot read. */
import { parse } from 'smol-toml';

/** The most that is parsed for it, in characters: seven hundred lines, of which each is wrong, take half a second. */
const MOST_PARSED = 8 * 1024 * 1024;

/**
 * For each path (table, key, place in a list) the line, from 1, on which its value was given; `undefined` if it was not, or
 * if finding it would take too long. It is the first line with which the text, cut after it, holds the value; a cut inside a
 * longer value is not TOML and is passed over, so that for a list of several lines it is the last.
 */
export function linesOf(toml: string, paths: readonly (readonly string[])[]): (number | undefined)[] {
  const found: (number | undefined)[] = paths.map(() => undefined);
  let parsed = 0;
  for (let end = 0, line = 1; end >= 0 && parsed < MOST_PARSED && found.includes(undefined); line++) {
    end = toml.indexOf('\n', end);
    const text = end < 0 ? toml : toml.slice(0, end++);
    parsed += text.length;
    const value = contentOf(text);
    if (value === undefined) continue;
    for (const [index, path] of paths.entries())
      if (found[index] === undefined && has(value, path)) found[index] = line;
  }
  return found;
}

/** The value of a text; `undefined` for one that is not TOML. */
function contentOf(toml: string): unknown {
  try {
    return parse(toml);
  } catch {
    return undefined;
  }
}

function has(value: unknown, path: readonly string[]): boolean {
  let rest = value;
  for (const part of path) {
    if (typeof rest !== 'object' || rest === null || !Object.hasOwn(rest, part)) return false;
    rest = (rest as Record<string, unknown>)[part];
  }
  return true;
}
