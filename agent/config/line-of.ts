/** Finds the line of a key in TOML, as the parser only tells positions of what it cannot read. */
import { parse } from 'smol-toml';

/**
 * The line, from 1, on which the value at `path` (table, key, place in a list) was given, or `undefined` if it was not.
 * It is the first line with which the text, cut after it, holds the value; a cut inside a longer value is not TOML and
 * is passed over, so that for a list of several lines it is the last.
 */
export function lineOf(toml: string, path: readonly string[]): number | undefined {
  const lines = toml.split('\n');
  for (let line = 1; line <= lines.length; line++) {
    if (has(lines.slice(0, line).join('\n'), path)) return line;
  }
  return undefined;
}

function has(toml: string, path: readonly string[]): boolean {
  let value: unknown;
  try {
    value = parse(toml);
  } catch {
    return false;
  }
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return true;
}
