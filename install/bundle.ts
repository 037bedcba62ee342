/**
 * Makes the bundle: everything `bis` needs to run, in one directory that may be moved anywhere. JavaScript by esbuild, the
 * packages that cannot be bundled (koffi finds its native part beside itself), and the Node it was tested with.
 * `install/node install/bundle.ts [DIRECTORY]`
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const checkout = resolve(import.meta.dirname, '..');

/** Programs of their own, and the files they become in `agent/`. */
const programs = {
  'agent/cli/main.ts': 'bis',
  'agent/data-plane/worker.ts': 'worker',
  'install/janitor.js': 'janitor',
} as const;

/** Files that are found relative to a source, by where they are in the checkout, and where from `agent/` of the bundle. */
const found: Readonly<Record<string, string>> = {
  'agent/data-plane/worker.ts': './worker.mjs',
  'install/janitor.js': './janitor.mjs',
  'package.json': '../package.json',
};

/** Packages that stay packages: `NAME-MACHINE` ones only for this machine. */
const packages = ['koffi', `@koromix/koffi-linux-${process.arch}`, `node-linux-${process.arch}`];

/** Lets sources find in the bundle what they name by `new URL('…', import.meta.url)`. */
const namedFiles: Plugin = {
  name: 'files that are found relative to a source',
  setup({ onLoad }) {
    onLoad({ filter: /\/(agent|install)\/.*\.[jt]s$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replaceAll(
        /new URL\('([^']+)', import\.meta\.url\)/g,
        (_, name: string) => {
          const file = relative(checkout, join(dirname(path), name));
          const place = found[file];
          if (place === undefined) throw new Error(`Cannot bundle ${path}: nobody knows where ${file} will be`);
          return `new URL('${place}', import.meta.url)`;
        },
      );
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** Makes the bundle in `directory`, in the place of one that is there. Throws when something else is there. */
export async function bundle(directory: string): Promise<void> {
  if (existsSync(directory) && !existsSync(join(directory, 'agent/bis.mjs'))) {
    throw new Error(`Cannot bundle into ${directory}: it is there, and no bundle`);
  }
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'install'), { recursive: true });
  await build({
    absWorkingDir: checkout,
    entryPoints: Object.entries(programs).map(([from, out]) => ({ in: from, out })),
    outdir: join(directory, 'agent'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What a command does not need it does not load.
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: ['koffi'],
    plugins: [namedFiles],
    // Some packages are CommonJS and ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as bisRequire } from 'node:module'; const require = bisRequire(import.meta.url);",
    },
    legalComments: 'eof',
    logLevel: 'error',
  });
  for (const file of ['agent/bis', 'install/node', 'LICENSE', 'install/bis.service']) {
    cpSync(join(checkout, file), join(directory, file));
  }
  chmodSync(join(directory, 'agent/bis'), 0o755);
  const { name, version, license } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  writeFileSync(
    join(directory, 'package.json'),
    `${JSON.stringify({ name, version, license, type: 'module' }, null, 2)}\n`,
  );
  for (const each of packages) {
    const from = join(checkout, 'node_modules', each);
    if (!existsSync(from)) throw new Error(`Cannot bundle ${each}: it is not installed`);
    cpSync(from, join(directory, 'node_modules', each), { recursive: true, dereference: true });
  }
}

if (import.meta.main) await bundle(resolve(process.argv[2] ?? join(checkout, 'dist')));
