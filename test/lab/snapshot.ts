/** A host's state as text, to be compared: addresses, routes, rules, nft, sysctls, resolv.conf, sockets, processes (S5). */
import fs from 'node:fs';
import { run } from './program.ts';

/** Lines of text per aspect of a host, sorted where their order says nothing. */
export interface Snapshot {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
  readonly nft: readonly string[];
  readonly sysctls: readonly string[];
  readonly resolvConf: readonly string[];
  readonly sockets: readonly string[];
  readonly processes: readonly string[];
}

/** What changes while nothing is done: remaining lifetimes, and counters. */
const VOLATILE = new Set(['valid_life_time', 'preferred_life_time', 'expires']);

const SYSCTL_FOLDERS = ['/proc/sys/net/ipv4/conf', '/proc/sys/net/ipv6/conf'];
const SYSCTL_FILES = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv4/ip_nonlocal_bind'];

/** Lines of a command's output inside a host. Throws when it fails without saying anything. */
async function lines(entry: readonly string[], argv: readonly string[]): Promise<string[]> {
  const { status, stdout, stderr } = await run([...entry, ...argv]);
  if (status !== 0 && stdout === '') throw new Error(`Cannot look: ${[...entry, ...argv].join(' ')}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

/** One line per object that `ip -j` prints, without what changes by itself. */
async function objects(entry: readonly string[], argv: readonly string[]): Promise<string[]> {
  const text = (await lines(entry, ['ip', '-j', ...argv])).join('');
  const list: unknown = JSON.parse(text === '' ? '[]' : text);
  const stable = (key: string, value: unknown): unknown => (VOLATILE.has(key) ? undefined : value);
  return Array.isArray(list) ? list.map((entry) => JSON.stringify(entry, stable)).sort() : [];
}

/** Listening and unconnected sockets: protocol, state, addresses; not the queues' fill. */
async function sockets(entry: readonly string[]): Promise<string[]> {
  const rows = await lines(entry, ['ss', '-Hlntuw0']);
  return rows
    .map((row) =>
      row
        .split(/\s+/)
        .filter((_, column) => column !== 2 && column !== 3)
        .join(' '),
    )
    .sort();
}

/** Processes whose network namespace this is, by id and command line; those that just ended are left out. */
async function processes(namespace: string): Promise<string[]> {
  const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .flatMap((pid) => {
      try {
        const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.join('') === '' ? [] : [`${pid} ${words.join(' ').trim()}`];
      } catch {
        return [];
      }
    });
}

/**
 * Looks at everything in a network namespace that a program could leave behind; `entry` is the command that runs others
 * inside. nft is read as text without counters: its JSON is broken for tables with an owner (nftables 1.0.6).
 */
export async function takeSnapshot(namespace: string, entry: readonly string[]): Promise<Snapshot> {
  // First, and alone: the programs that look at the rest run inside the namespace too.
  const running = await processes(namespace);
  const [addresses, routes4, routes6, rules4, rules6, nft, sysctls, resolvConf, open] = await Promise.all([
    objects(entry, ['addr']),
    objects(entry, ['-4', 'route', 'show', 'table', 'all']),
    objects(entry, ['-6', 'route', 'show', 'table', 'all']),
    objects(entry, ['-4', 'rule']),
    objects(entry, ['-6', 'rule']),
    lines(entry, ['nft', '-s', 'list', 'ruleset']),
    lines(entry, ['grep', '-rs', '', ...SYSCTL_FOLDERS, ...SYSCTL_FILES]),
    lines(entry, ['sh', '-c', 'stat -Lc "inode %i" /etc/resolv.conf; cat /etc/resolv.conf']),
    sockets(entry),
  ]);
  return {
    addresses,
    routes: [...routes4, ...routes6],
    rules: [...rules4, ...rules6],
    nft,
    sysctls: sysctls.sort(),
    resolvConf,
    sockets: open,
    processes: running,
  };
}

/** One kind of thing that is looked at. */
export type Aspect = keyof Snapshot;

/** All of them, in the order they are told. */
export const aspects: readonly Aspect[] = [
  'addresses',
  'routes',
  'rules',
  'nft',
  'sysctls',
  'resolvConf',
  'sockets',
  'processes',
];

/** What differs between two snapshots, as lines `+ nft: …` (new) and `- routes: …` (gone). Empty when nothing does. */
export function differences(before: Snapshot, after: Snapshot, of: readonly Aspect[] = aspects): string[] {
  const found: string[] = [];
  for (const aspect of of) {
    const missing = [...before[aspect]];
    for (const line of after[aspect]) {
      const index = missing.indexOf(line);
      if (index >= 0) missing.splice(index, 1);
      else found.push(`+ ${aspect}: ${line}`);
    }
    found.push(...missing.map((line) => `- ${aspect}: ${line}`));
  }
  return found;
}

/** Throws, naming every difference, unless `after` is as `before`. */
export function assertAsBefore(before: Snapshot, after: Snapshot): void {
  const found = differences(before, after);
  if (found.length > 0) throw new Error(`The host is not as it was:\n${found.join('\n')}`);
}
