/** The machine as `prerequisites.js` sees it: files, apt and npm. Node 20, no packages (docs/decisions/0008-services-unpacked.md). */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const debian = path.join(checkout, '.cache/debian');

/**
 * Where programs are looked for: a normal user's PATH lacks the directories of `ip`, `nft` and `sysctl`, and npm puts
 * node_modules/.bin in front, where a package of ava's has a program that is called nft too.
 */
const programDirectories = [
  ...(process.env.PATH ?? '')
    .split(':')
    .filter((name) => path.isAbsolute(name) && !name.endsWith('/node_modules/.bin')),
  '/usr/sbin',
  '/sbin',
];
/** The name of this machine in the paths of libraries (Debian's multiarch). */
export const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? '';
const libraryDirectories = [`/usr/lib/${machine}`, `/lib/${machine}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];

/** Runs a program to its end with nothing on its standard input; throws with its first and last words when it fails. */
function run(argv, { title, cwd = checkout, environment = {} }) {
  const [file, ...rest] = argv;
  const done = spawnSync(file, rest, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (done.status === 0) return done.stdout;
  const lines = (done.error?.message ?? `${done.stdout}\n${done.stderr}`)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const words = lines.length <= 14 ? lines : [...lines.slice(0, 8), '…', ...lines.slice(-5)];
  throw new Error(`Cannot ${title} (${argv.slice(0, 2).join(' ')}):\n  ${words.join('\n  ')}`);
}

/** Debian's frontend asks nothing (tshark would), and waits for another apt to finish rather than fail. */
function apt(title, ...argv) {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  return run(['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', ...argv], { title, environment });
}

/** The newest fetched archive of a package, if there is one. */
function archive(name) {
  const files = existsSync(debian) ? readdirSync(debian).filter((file) => file.startsWith(`${name}_`)) : [];
  return files.length === 0 ? undefined : path.join(debian, files.sort().at(-1));
}

/** The libraries an archive depends on that are not installed, by its own control data: right on every release. */
function missingLibraries(file) {
  const title = `read ${path.basename(file)}`;
  const depends = ['Pre-Depends', 'Depends'].map((field) => run(['dpkg-deb', '-f', file, field], { title })).join(',');
  const names = depends.split(/[,\n]/).map((item) => item.trim().split(/[ :(|]/)[0]);
  return names.filter((name) => name.startsWith('lib') && !isInstalled(name));
}

function isInstalled(name) {
  const shown = spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' });
  return shown.status === 0 && /^Status: \S+ ok installed$/m.test(shown.stdout);
}

/** The lockfile as a word. Kept inside node_modules, which `npm ci` removes first: a broken-off install has no stamp. */
const stamp = () =>
  createHash('sha256')
    .update(readFileSync(path.join(checkout, 'package-lock.json')))
    .digest('hex');
const stampFile = path.join(checkout, 'node_modules/.bis-lock-hash');

/** This machine. */
export function localHost() {
  return {
    isRoot: process.getuid() === 0,
    say: (line) => process.stderr.write(`bis: ${line}\n`),
    has(file) {
      if (path.isAbsolute(file)) return existsSync(file);
      const directories = file.includes('.so') ? libraryDirectories : programDirectories;
      return directories.some((directory) => existsSync(path.join(directory, file)));
    },
    /** Whether an unpacked program is there and all its libraries are found. */
    canStart(program) {
      const file = path.join(debian, 'root', program);
      if (!existsSync(file)) return false;
      const shown = spawnSync('ldd', [file], { encoding: 'utf8' });
      return shown.status === 0 && !shown.stdout.includes('not found');
    },
    /** A stale list is no reason to stop: what is wanted may still be had, and if not, apt says so next. */
    refreshLists() {
      try {
        apt('refresh the package lists', 'update');
      } catch (error) {
        process.stderr.write(`bis: ${error.message}\n`);
      }
    },
    install(names) {
      apt(`install ${names.join(' ')}`, 'install', '-y', '--no-install-recommends', ...names);
    },
    /** Fetches a package and unpacks it below `.cache/debian/root`; returns the libraries it needs and does not find. */
    unpack(name) {
      mkdirSync(debian, { recursive: true });
      if (archive(name) === undefined) {
        // As root apt would hand the download to the user _apt, who may not write here.
        const sandbox = process.getuid() === 0 ? ['-o', 'APT::Sandbox::User=root'] : [];
        run(['apt-get', '-q', ...sandbox, 'download', name], { title: `fetch ${name}`, cwd: debian });
      }
      const file = archive(name);
      try {
        run(['dpkg-deb', '-x', file, path.join(debian, 'root')], { title: `unpack ${name}` });
      } catch (error) {
        rmSync(file, { force: true });
        throw error;
      }
      return missingLibraries(file);
    },
    hasLockedPackages: () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp(),
    /**
     * No install scripts (S13): every binary comes inside a registry package. `--include` because NODE_ENV=production
     * would leave out the tests' tools. The caller's environment is kept, for its certificates and registry.
     */
    installLockedPackages() {
      const argv = ['npm', 'ci', '--ignore-scripts', '--include=dev', '--include=optional'];
      argv.push('--no-audit', '--no-fund', '--loglevel=error');
      run(argv, { title: 'install the packages of package-lock.json' });
      writeFileSync(stampFile, stamp());
    },
  };
}
