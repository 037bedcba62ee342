/** The repository as text: its files, their imports, and their code without comments and strings. For architecture.test.ts. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One file: its path from the top of the repository, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Files of the repository that match `patterns`, without those that were fetched or made. */
export function readFiles(top: string, patterns: readonly string[]): SourceFile[] {
  const exclude = (name: string): boolean => /(^|\/)(node_modules|dist|\.git|\.cache)$/.test(name);
  const paths = globSync(patterns, { cwd: top, exclude }).sort();
  return paths.map((name) => ({ path: name, text: readFileSync(path.join(top, name), 'utf8') }));
}

/** One import, of any of the kinds that load a module or name its types. */
export interface Import {
  /** A path from the top of the repository, or the name of a package. */
  readonly target: string;
  readonly isPackage: boolean;
  /** `type` imports are gone when the program runs; `dynamic` ones load later, or in another thread. */
  readonly kind: 'value' | 'type' | 'dynamic';
}

/** What `file` imports. Statements begin a line, as the formatter sees to; dynamic imports and workers name their file. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, kind: Import['kind']): void => {
    const isPackage = !specifier.startsWith('.');
    const target = isPackage ? specifier : path.posix.join(path.posix.dirname(file.path), specifier);
    found.push({ target, isPackage, kind });
  };
  const statement = /^(?:import|export)\s+(type\s+)?(?:[\w$*{][^;'"()=]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  for (const [, type, specifier = ''] of file.text.matchAll(statement)) {
    add(specifier, type === undefined ? 'value' : 'type');
  }
  const later = /\b(?:import\(\s*|new URL\(\s*)['"](\.[^'"]+\.[jt]s|[a-z@][^'":]*)['"]/g;
  for (const [, specifier = ''] of withoutComments(file.text).matchAll(later)) add(specifier, 'dynamic');
  return found;
}

const withoutComments = (text: string): string => text.replaceAll(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)$/gm, '');

/** The text with comments, strings, templates and regular expressions blanked, so that what is left is code. */
export function codeOf(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=(?:^|[(,=:[!&|?{};]|return)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g;
  return text.replaceAll(token, (whole) => whole.replaceAll(/[^\n]/g, ' '));
}

/**
 * The code of `text` that runs per packet: without the statements of the module itself, the fields and constructors of
 * classes, and the methods and functions named in `besides`.
 */
export function codePerCall(text: string, besides: readonly string[] = []): string {
  const skipped = new RegExp(
    `^(?: {2}(?:${['constructor', ...besides].join('|')})|export function (?:${besides.join('|') || '-'}))\\(`,
  );
  let end: RegExp | undefined;
  return codeOf(text)
    .split('\n')
    .map((line) => {
      if (end !== undefined) {
        if (end.test(line)) end = undefined;
        return '';
      }
      if (skipped.test(line)) {
        if (!/\}\s*$/.test(line)) end = line.startsWith(' ') ? /^ {2}\}/ : /^\}/;
        return '';
      }
      return /^(?:export )?const\b|^ {2}(?:readonly|static|#?\w+ *[:=])/.test(line) ? '' : line;
    })
    .join('\n');
}
