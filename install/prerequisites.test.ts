/** What `install/bootstrap` does on machines that lack things, told by a machine made of data (prerequisites.js). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

interface Host {
  isRoot: boolean;
  say(line: string): void;
  has(file: string): boolean;
  canStart(program: string): boolean;
  refreshLists(): void;
  install(names: string[]): void;
  unpack(name: string): string[];
  hasLockedPackages(): boolean;
  installLockedPackages(): void;
}
type Profiles = Record<string, { packages: Record<string, string[]>; services: Record<string, string> }>;
const source = new URL('./prerequisites.js', import.meta.url);
const { bring, profiles } = (await import(source.href)) as {
  bring(profile: string, host: Host): void;
  profiles: Profiles;
};

/** A machine with the files `present`; `done` lists what was asked of it. An unpacked server needs `libwrap0`. */
function machine(options: { root: boolean; present: string[]; locked?: boolean; online?: boolean }) {
  const present = new Set(options.present);
  const done: string[] = [];
  const unpacked = new Set<string>();
  const host: Host = {
    isRoot: options.root,
    say: () => {},
    has: (file) => present.has(file),
    canStart: (program) => unpacked.has(program) && present.has('libwrap.so.0'),
    refreshLists: () => done.push('update'),
    install(names) {
      done.push(`install ${names.join(' ')}`);
      for (const name of names) for (const file of profiles.test?.packages[name] ?? ['libwrap.so.0']) present.add(file);
    },
    unpack(name) {
      if (options.online === false) throw new Error('no list');
      done.push(`unpack ${name}`);
      unpacked.add(profiles.test?.services[name] ?? '');
      return present.has('libwrap.so.0') ? [] : ['libwrap0'];
    },
    hasLockedPackages: () => options.locked !== false,
    installLockedPackages: () => done.push('npm ci'),
  };
  return { host, done };
}

const everything = Object.values(profiles.test?.packages ?? {}).flat();
const services = profiles.test?.services ?? {};
/** The programs of the servers, as they are found where the machine has them. */
const programs = Object.values(services).map((program) => path.basename(program));
const unpackings = Object.keys(services).map((name) => `unpack ${name}`);

test('a machine that has everything is not touched', (t) => {
  for (const root of [true, false]) {
    const { host, done } = machine({ root, present: [...everything, ...programs] });
    bring('test', host);
    t.deepEqual(done, []);
  }
});

test('root gets what is missing installed, and servers only unpacked', (t) => {
  const { host, done } = machine({ root: true, present: everything.filter((file) => file !== 'dig'), locked: false });
  bring('test', host);
  t.true(unpackings.includes('unpack unbound'));
  t.deepEqual(done, ['update', 'install bind9-dnsutils', ...unpackings, 'install libwrap0', 'npm ci']);
});

test('a normal user is told every missing package, libraries of the unpacked servers too', (t) => {
  const { host, done } = machine({ root: false, present: everything.filter((file) => file !== 'dig'), locked: false });
  const error = t.throws(() => bring('test', host));
  t.regex(error.message, /are missing: bind9-dnsutils libwrap0\n/);
  t.regex(error.message, /apt-get install --no-install-recommends bind9-dnsutils libwrap0\n/);
  t.deepEqual(done, unpackings);
});

test('a normal user without package lists is told to have them fetched', (t) => {
  const { host } = machine({ root: false, present: everything, online: false });
  const error = t.throws(() => bring('test', host));
  t.regex(error.message, /cannot fetch unbound, .*openssh-server/);
  t.regex(error.message, /\n {2}apt-get update\n/);
});

test('S13: a changed lockfile brings the npm packages again, without install scripts', (t) => {
  const { host, done } = machine({ root: false, present: everything, locked: false });
  bring('check', host);
  t.deepEqual(done, ['npm ci']);
  t.regex(readFileSync(new URL('./prerequisites-host.js', import.meta.url), 'utf8'), /'--ignore-scripts'/);
});

test('the pinned Node finds the programs of the system, not those of npm packages', (t) => {
  const launcher = fileURLToPath(new URL('./node', import.meta.url));
  const PATH = '/checkout/node_modules/.bin:/usr/bin:/opt/has space:/bin';
  const printed = execFileSync(launcher, ['-p', 'process.env.PATH'], { env: { PATH }, encoding: 'utf8' });
  t.is(printed.trim(), '/usr/bin:/opt/has space:/bin:/usr/sbin:/sbin');
});

test('a program of an npm package does not pass for one of the system', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bis-'));
  const bin = path.join(directory, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['bis-no-such-program', '../bis-such-program']) writeFileSync(path.join(bin, name), '');
  const host = new URL('./prerequisites-host.js', import.meta.url).href;
  const has = `const has = (await import('${host}')).localHost().has;
    console.log(has('bis-no-such-program'), has('bis-such-program'));`;
  const env = { PATH: `${bin}:${path.dirname(bin)}` };
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', has], { env, encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  t.is(printed.trim(), 'false true');
});
