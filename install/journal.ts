/**
 * The journal: how to undo every step that outlives the process, written before the step is done, so that a later process
 * can undo it (S5). A file of lines, in README.md under "The journal".
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { isDedicatedUndo } from './dedicated.ts';
import type { Host } from './host.ts';
import type { Place } from './place.ts';
import { type Action, isArgv, type Step, undo } from './step.ts';

const FIRST_LINE = 'bis-journal 1';

/** More than any journal of ours has, in octets. */
const MOST_OCTETS = 1024 * 1024;

/** The programs a journal may name. */
const PROGRAMS: ReadonlySet<string> = new Set(['ip', 'nft', 'busctl']);

/** A step as it is remembered: what it did to the host is done already. */
export type Noted = Pick<Step, 'title'> & { readonly undo: Action };

export interface JournalContent {
  readonly place: Place;
  /** In the order they were done. */
  readonly noted: readonly Noted[];
  /** Lines that could not be read. The last line may be torn: its step was never done. */
  readonly damaged: number;
}

function lineOf(value: unknown): string {
  const json = JSON.stringify(value);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/** The value of a line, or `undefined` when it is not as it was written. */
function readLine(line: string): unknown {
  const json = line.slice(9);
  if (line.slice(0, 9) !== `${crc32(json).toString(16).padStart(8, '0')} `) return undefined;
  return JSON.parse(json);
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/');
}

/** Names as nft reads them: one word each. */
function areWords(value: unknown): boolean {
  const names = ['family', 'table', 'chain', 'comment'];
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => /^[A-Za-z][A-Za-z0-9_.-]*$/.test(String((value as Record<string, unknown>)[name])));
}

/** A prefix that can be a self prefix: a /96 of unique local addresses (RFC 4193). */
function isOwnPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^fd[0-9a-f]{2}:[0-9a-f:]{1,32}\/96$/.test(value);
}

function isAction(value: unknown): value is Action {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  if (Array.isArray(value)) return value.every((word) => typeof word === 'string') && PROGRAMS.has(String(value[0]));
  if ('nft' in fields) return typeof fields.nft === 'string';
  if ('ifBegins' in fields) return isPath(fields.path) && isPath(fields.kept) && typeof fields.ifBegins === 'string';
  if ('removeRules' in fields) return areWords(fields.removeRules);
  if ('forgetFlowsOf' in fields) return isOwnPrefix(fields.forgetFlowsOf);
  const isOptional = fields.onlyIf === undefined || typeof fields.onlyIf === 'string';
  return isPath(fields.path) && typeof fields.text === 'string' && isOptional && !('kept' in fields);
}

/**
 * Whether an undoing can be done by root although somebody else wrote it down, as the service's own user: nothing that
 * user might not do itself. One that says more than one thing is judged by what would be done: in the order of `step.ts`.
 */
function isHarmless(undo: Action): boolean {
  if (isArgv(undo)) return isDedicatedUndo(undo);
  if ('nft' in undo) return /^delete table (?:inet|ip6?) [A-Za-z]\w*_guard$/.test(undo.nft);
  if ('kept' in undo) return false;
  if ('removeRules' in undo || 'forgetFlowsOf' in undo) return true;
  return (
    'onlyIf' in undo &&
    /^\/proc\/sys\/net\/ipv6\/conf\/[A-Za-z0-9_.-]+\/\w+$/.test(undo.path) &&
    !undo.path.includes('..')
  );
}

function isNoted(value: unknown): value is Noted {
  if (typeof value !== 'object' || value === null || !('title' in value) || !('undo' in value)) return false;
  return typeof value.title === 'string' && isAction(value.undo);
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null || !('boot' in value) || !('namespace' in value)) return false;
  return typeof value.boot === 'string' && typeof value.namespace === 'string';
}

/** The text of a journal that nobody but its owner can have written, and whether that is we or root. Throws for others. */
function trustedText(path: string): { text: string; isOurs: boolean } {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const isOurs = stats.uid === 0 || stats.uid === process.geteuid?.();
    const isRoot = process.geteuid?.() === 0;
    if (!stats.isFile() || !(isOurs || isRoot) || (stats.mode & 0o022) !== 0)
      throw new Error('somebody else can write to it');
    if (stats.size > MOST_OCTETS) throw new Error('it is larger than we write');
    return { text: readFileSync(descriptor, 'utf8'), isOurs };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a journal; `undefined` when there is none, or when it was torn before its first step. Throws `Cannot read …` for a
 * file that is not ours or of another version.
 */
export function readJournal(path: string): JournalContent | undefined {
  let text: string;
  let isOurs: boolean;
  try {
    ({ text, isOurs } = trustedText(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`Cannot read the journal ${path}`, { cause });
  }
  const [first, ...lines] = text.split('\n').slice(0, -1);
  if (first === undefined) return undefined;
  if (first !== FIRST_LINE) throw new Error(`Cannot read the journal ${path}: it does not begin with "${FIRST_LINE}"`);
  if (lines.length === 0) return undefined;
  const [place, ...values] = lines.map(readLine);
  if (!isPlace(place)) throw new Error(`Cannot read the journal ${path}: its second line is damaged`);
  const noted = values.filter(isNoted).filter(({ undo }) => isOurs || isHarmless(undo));
  return { place, noted, damaged: values.length - noted.length };
}

/** Removes a journal whose steps are undone. Throws when it is there and cannot be. */
export function removeJournal(path: string): void {
  rmSync(path, { force: true });
}

/** The journal of a running agent. */
export class Journal {
  readonly #path: string;
  readonly #host: Host;
  readonly #descriptor: number;
  #noted: readonly Noted[] = [];
  #length = 0;

  /** Begins an empty journal. Throws `Cannot write …` when that cannot be done, or one is there that was not undone. */
  constructor(path: string, place: Place, host: Host) {
    this.#path = path;
    this.#host = host;
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants;
    try {
      this.#descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0o600);
    } catch (cause) {
      throw new Error(`Cannot write the journal ${path}`, { cause });
    }
    try {
      this.#append(`${FIRST_LINE}\n${lineOf(place)}`);
      syncDirectory(dirname(path));
    } catch (error) {
      closeSync(this.#descriptor);
      removeJournal(path);
      throw error;
    }
  }

  /** Titles of what was noted and not undone, in order. */
  get titles(): readonly string[] {
    return this.#noted.map(({ title }) => title);
  }

  /**
   * Notes how steps are undone, on the disk when this returns; to be called before they are done. A step whose title is
   * noted already is not noted again, nor is one that goes by itself. Throws `Cannot write …`; then nothing was noted.
   */
  note(steps: readonly Step[]): void {
    const titles = new Set(this.titles);
    const fresh: Noted[] = [];
    for (const { title, undo } of steps) {
      if (undo !== undefined && !titles.has(title)) fresh.push({ title, undo });
      titles.add(title);
    }
    if (fresh.length === 0) return;
    this.#append(fresh.map(lineOf).join(''));
    this.#noted = [...this.#noted, ...fresh];
  }

  /**
   * Undoes all that was noted, the last first, and ends the journal. Returns what could not be undone; then the file stays
   * for whoever tries next.
   */
  async undo(): Promise<Error[]> {
    const failures = await undo(
      this.#noted.map((noted) => ({ ...noted, run: noted.undo })),
      this.#host,
    );
    closeSync(this.#descriptor);
    if (failures.length === 0) removeJournal(this.#path);
    return failures;
  }

  /** What cannot be written whole is not written at all. */
  #append(text: string): void {
    const octets = Buffer.from(text);
    try {
      const written = writeSync(this.#descriptor, octets);
      if (written < octets.length) throw new Error('ENOSPC: no space left on device');
      fsyncSync(this.#descriptor);
    } catch (cause) {
      ftruncateSync(this.#descriptor, this.#length);
      throw new Error(`Cannot write the journal ${this.#path}`, { cause });
    }
    this.#length += octets.length;
  }
}

/** Makes a name in a directory outlast a loss of power. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
