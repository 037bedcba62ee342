/** What the documents say, taken out so that it can be compared with the repository. For architecture.test.ts. */
import path from 'node:path';
import type { SourceFile } from './source.ts';

/** A command line shown in a document. */
export interface ShownCommand {
  readonly file: string;
  readonly argv: readonly string[];
}

/** The `bis …` lines of code blocks, with or without a prompt and sudo, and the `bis …` between backticks. */
export function bisCommands(documents: readonly SourceFile[]): ShownCommand[] {
  const block = /^```(?:sh|console|text)?\n([\s\S]*?)^```/gm;
  const line = /^\s*(?:[$#]\s+)?(?:sudo\s+)?(?:agent\/)?bis\s+([a-z-][^#|&>;\n]*)/gm;
  const inline = /`(?:sudo )?(?:agent\/)?bis ([a-z-][^`\n]*)`/g;
  return documents.flatMap(({ path: file, text }) => {
    const blocks = [...text.matchAll(block)].flatMap(([, body = '']) => [...typed(body).matchAll(line)]);
    const spoken = text.replaceAll(block, '').matchAll(inline);
    return [...blocks, ...spoken].map(([, rest = '']) => ({ file, argv: rest.trim().split(/\s+/) }));
  });
}

/** The lines of a block that are commands: where some have a prompt, the others are output. */
function typed(block: string): string {
  const prompted = block.split('\n').filter((line) => /^\s*\$ /.test(line));
  return prompted.length > 0 ? prompted.join('\n') : block;
}

/** The names in `npm run NAME` and `npm test`. */
export function npmScripts(documents: readonly SourceFile[]): ShownCommand[] {
  return documents.flatMap(({ path: file, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)].map(([, run, test]) => ({
      file,
      argv: [run ?? test ?? ''],
    })),
  );
}

/**
 * Files that a document links to, or names between backticks with their folder: as paths from the top, of which one must
 * exist. A component's page may name its files from its own folder.
 */
export function namedFiles(documents: readonly SourceFile[]): { file: string; named: string[] }[] {
  return documents.flatMap(({ path: file, text }) => {
    const fromHere = (name: string): string => path.posix.join(path.posix.dirname(file), name);
    const linked = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => [fromHere(to)]);
    const spoken = [...text.matchAll(/`([a-z][\w.-]*\/[\w./-]+\.(?:ts|js|md|json))`/g)].map(([, name = '']) => [
      name,
      fromHere(name),
    ]);
    return [...linked, ...spoken].map((named) => ({ file, named }));
  });
}

/** The last heading of the second level. */
export function lastHeading(text: string): string | undefined {
  return [...text.matchAll(/^## (.+)$/gm)].at(-1)?.[1];
}

export type State = 'tested' | 'partly' | 'not yet';

/** The rows of docs/requirements.md: id and state. */
export function requirements(text: string): { id: string; state: State }[] {
  const row = /^\| ([A-Z]\d+[a-z]?) \|.*\| (tested|partly|not yet) \|$/gm;
  return [...text.matchAll(row)].map(([, id = '', state]) => ({ id, state: state as State }));
}

/** The titles of the tests in `files`: first arguments of `test(…)`, and strings of tables that begin with an id. */
export function testTitles(files: readonly SourceFile[]): string[] {
  const call = /\btest(?:\.\w+)*\(\s*(?:\w+,\s*)?(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g;
  const entry = /(['"`])([A-Z]\d+[a-z]?\b[^'"`\n]*: (?:\\.|(?!\1).)*)\1/g;
  return files.flatMap(({ text }) =>
    [...text.matchAll(call), ...text.matchAll(entry)].map(([, , title = '']) => title),
  );
}

/** Whether a title carries an id as a word of its own, so that `S8` is not found in `S8a`. */
export function carries(title: string, id: string): boolean {
  return new RegExp(`(?<![\\w.-])${id}(?![\\w-])`).test(title);
}
