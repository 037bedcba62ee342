/** The pages of conformance, taken apart: their rules, and the tests they name. For conformance.test.ts. */
import path from 'node:path';
import { carries } from './documents.ts';
import type { SourceFile } from './source.ts';

/** A test as a page names it: `[what its title says behind the ids](../its/file.test.ts)`. */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** One rule of an RFC. */
export interface Rule {
  readonly id: string;
  /** Whether the page says that there is nothing to test here. */
  readonly isNotOurs: boolean;
  /** Where it is implemented, as paths from the top. */
  readonly files: readonly string[];
  readonly tests: readonly NamedTest[];
}

/** The rows of tables with four columns: id, rule, where, tests. */
export function rules(page: SourceFile): Rule[] {
  const row = /^\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|([^|\n]*)\|$/gm;
  return [...page.text.matchAll(row)]
    .map((cells) => cells.slice(1).map((cell) => cell.trim()))
    .filter(([id = '']) => id !== 'Id' && !/^-+$/.test(id))
    .map(([id = '', rule = '', where = '', tests = '']) => ({
      id,
      isNotOurs: rule.includes('**Not ours'),
      files: links(page, where).map(({ file }) => file),
      tests: links(page, tests),
    }));
}

/** Every test that a page names, in whatever table. */
export function namedTests(page: SourceFile): NamedTest[] {
  return links(page, page.text).filter(({ file }) => file.endsWith('.test.ts'));
}

function links({ path: page }: SourceFile, text: string): NamedTest[] {
  return [...text.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, title = '', to = '']) => ({
    file: path.posix.join(path.posix.dirname(page), to),
    title,
  }));
}

/** What a title says behind its ids, or all of it when it has none. */
export function saying(title: string): string {
  return title.slice(headOf(title).length).replace(/^: /, '');
}

/** What stands in front of a title's first colon; nothing when there is none. */
function headOf(title: string): string {
  return /^(.*?): /.exec(title)?.[1] ?? '';
}

/**
 * The ids of conformance in front of a title's first colon. A bare section, such as `4.4`, is an id behind `RFC 7915` only;
 * ids of other pages, such as `M16`, are not looked for.
 */
export function conformanceIds(title: string): string[] {
  const found: string[] = [];
  let document = '';
  let before = '';
  for (const word of headOf(title).split(/[ ,]+/)) {
    if (before === 'RFC') document = word;
    else if (/^\d\.\d(?:\.\d)?$/.test(word) ? document === '7915' : isId(word)) found.push(word);
    before = word;
  }
  return found;
}

function isId(word: string): boolean {
  return /^(?:\d\.\d(?:\.\d)?-[A-Z0-9]+|\d{4}(?:-[\w.]+)?|MCAST|ROBUST|MAP-\d+)$/.test(word);
}

/** What is wrong with a rule, given the titles of each test file. */
export function complaintsAbout(rule: Rule, titles: ReadonlyMap<string, readonly string[]>): string[] {
  const { id, isNotOurs, files, tests } = rule;
  const all = [...titles.values()].flat();
  const complaints: string[] = [];
  if (!isNotOurs && files.length === 0) complaints.push(`${id} names no file`);
  if (!isNotOurs && !all.some((title) => carries(title, id))) complaints.push(`${id} is in no title`);
  if (!isNotOurs && tests.length === 0) complaints.push(`${id} names no test`);
  for (const { file, title } of tests) {
    const isThere = (titles.get(file) ?? []).some((one) => saying(one) === title && carries(one, id));
    if (!isThere) complaints.push(`${id}: no test of ${file} carries it and says "${title}"`);
  }
  return complaints;
}
