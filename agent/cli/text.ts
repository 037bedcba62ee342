/**
 * What the commands print. Names come from the network and are octets: nothing but printable ASCII reaches a terminal
 * (requirement D10), so that no name can move the cursor, forge a line or hide itself.
 */

/** Writes everything but printable ASCII as `\xHH` or `\u{H}`, newlines and tabs too. */
export function printable(text: string): string {
  return text.replace(/[^ -~]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** JSON, indented, in nothing but ASCII; the same value to every reader. */
export function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    /[^\n -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Columns as wide as their widest cell, two spaces apart. Cells are made printable. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A span of time in its one or two largest units: `45 s`, `3 min 20 s`, `2 h`, `5 d 1 h`. */
export function duration(seconds: number): string {
  const units: readonly [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** A number of octets in decimal units (IEC 80000-13): `812 B`, `5.3 MB`. */
export function octets(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = count;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
