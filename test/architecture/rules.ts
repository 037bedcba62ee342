/** The rules of the layout as functions from files to complaints, so that each can be shown to complain. */
import { codeOf, codePerCall, type Import, importsOf, type SourceFile } from './source.ts';

/** Who may import from where, by the beginning of the path; a component always reaches itself. */
export type Arrows = Readonly<Record<string, readonly string[]>>;

/** Imports that no arrow allows. A component's tests, and what serves them, may also reach `test/` and `mapper/`. */
export function wrongImports(files: readonly SourceFile[], arrows: Arrows): string[] {
  const wrong: string[] = [];
  for (const file of files) {
    const component = file.path.split('/')[0] ?? '';
    const own = [`${component}/`, ...(arrows[component] ?? [])];
    const isForTests = /\.test\.ts$|\/(?:testing|fixture)\//.test(file.path);
    const allowed = isForTests ? [...own, 'test/', 'mapper/'] : own;
    for (const { target, isPackage } of importsOf(file)) {
      if (!isPackage && !allowed.some((prefix) => target.startsWith(prefix)))
        wrong.push(`${file.path} imports ${target}`);
    }
  }
  return wrong;
}

/** Imports of a leaf from outside `owner`, the only component that may use it. */
export function wrongUseOfLeaf(files: readonly SourceFile[], leaf: string, owner: string): string[] {
  return files
    .filter((file) => !file.path.startsWith(owner) && !file.path.startsWith('test/'))
    .flatMap((file) => importsOf(file).map(({ target }) => ({ file: file.path, target })))
    .filter(({ target }) => target.startsWith(leaf))
    .map(({ file, target }) => `${file} imports ${target}`);
}

/** Everything that is loaded when the files of `from` are: paths and package names, through value imports only. */
export function loadedBy(files: readonly SourceFile[], from: readonly string[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set<string>(from);
  const isLoaded = ({ kind }: Import): boolean => kind === 'value';
  for (const path of loaded) {
    const file = byPath.get(path);
    if (file !== undefined) for (const { target } of importsOf(file).filter(isLoaded)) loaded.add(target);
  }
  return loaded;
}

const neverPerPacket: readonly [RegExp, string][] = [
  [/\bawait\b/, 'waits'],
  [/\basync\b/, 'is asynchronous'],
  [/\bthrow\b/, 'throws'],
  [/\bconsole\b/, 'logs'],
  [/\bnew DataView\b/, 'makes a view'],
  [/\.subarray\(/, 'makes a view'],
];

/**
 * Lines on the packet path that wait, throw, log or make a view. Constructors and module constants run once, and may;
 * so may the functions that `besides` names for a file.
 */
export function slowLines(
  files: readonly SourceFile[],
  besides: Readonly<Record<string, readonly string[]>> = {},
): string[] {
  return files.flatMap((file) =>
    codePerCall(file.text, besides[file.path])
      .split('\n')
      .flatMap((line, index) =>
        neverPerPacket.filter(([word]) => word.test(line)).map(([, fault]) => `${file.path}:${index + 1} ${fault}`),
      ),
  );
}

/** Files that run programs by another function than those that take a vector of arguments, or through a shell (S9). */
export function runsThroughShell(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const names = /^import \{([^}]*)\} from '(?:node:)?child_process';/m.exec(text)?.[1]?.split(',') ?? [];
    const functions = names.map((name) => name.trim()).filter((name) => name !== '' && !name.startsWith('type '));
    const others = functions.filter((name) => !/^(?:spawn|spawnSync|execFile|execFileSync)$/.test(name));
    const isOtherImport = names.length === 0 && /['"](?:node:)?child_process['"]/.test(text);
    return [
      ...others.map((name) => `${path} runs programs by ${name}`),
      ...(isOtherImport ? [`${path} loads child_process in a way of its own`] : []),
      ...(/\bshell:/.test(codeOf(text)) ? [`${path} asks for a shell`] : []),
    ];
  });
}

/**
 * Files that do not open with a comment, below a `#!` line. A unit test that has the name of a source beside it, or of
 * its folder, is about that, and need not say.
 */
export function withoutHead(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  const saysByName = (path: string): boolean =>
    /\/([\w-]+)\/\1\.test\.ts$/.test(path) || (path.endsWith('.test.ts') && known.has(path.replace('.test.ts', '.ts')));
  return files
    .filter(({ path, text }) => !saysByName(path) && !/^(?:#!.*\n)?(?:\/\*\*?|\/\/|#(?!!)) ?\S/.test(text))
    .map((file) => `${file.path} does not say what it is`);
}

/** Files over 250 lines that give no reason, and reasons no longer needed. */
export function wrongSizes(files: readonly SourceFile[], reasons: Readonly<Record<string, string>>): string[] {
  const long = files.filter(({ text }) => text.split('\n').length > 251).map(({ path }) => path);
  const unexplained = long.filter((path) => reasons[path] === undefined).map((path) => `${path} is over 250 lines`);
  const needless = Object.keys(reasons).filter((path) => !long.includes(path));
  return [...unexplained, ...needless.map((path) => `${path} needs no reason any more`)];
}
