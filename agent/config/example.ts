/** The configuration file that changes nothing: every key with its default, explained. */
import { type Key, keys } from './keys.ts';

const WIDTH = 100;

/** A commented TOML file with all defaults; the text of `bis config example`. */
export function exampleConfig(): string {
  const lines = ['# Configuration of bis. Every key is optional; the values below are the defaults.'];
  for (const [table, members] of Object.entries(keys)) {
    lines.push('', `[${table}]`);
    for (const [name, { about, example }] of Object.entries<Key>(members)) {
      lines.push('', ...comment(about), `${name} = ${example}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Breaks a text into comment lines of at most `WIDTH` characters. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
