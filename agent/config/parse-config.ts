/** From TOML 1.0 to a `Config`, or to everything that is wrong with it at once. */
import { closeSync, openSync, readSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { ipv4PrefixesOverlap } from '../../mapper/address/prefix.ts';
import type { Config } from './config.ts';
import { exampleConfig } from './example.ts';
import { type Key, keys } from './keys.ts';
import { linesOf } from './line-of.ts';

/** The longest file that is read, in octets: `--config /dev/zero` must end too. */
const LONGEST_FILE = 1024 * 1024;

/** One thing that is wrong. `key` is written with dots; both are missing where there is none. */
export interface Problem {
  readonly line?: number;
  readonly key?: string;
  readonly text: string;
}

/** A configuration that cannot be used; the message has a line for every problem. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map((problem) => describe(source, problem)).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

function describe(source: string, { line, key, text }: Problem): string {
  return `${source}${line === undefined ? '' : `:${line}`}: ${key === undefined ? '' : `${key} `}${text}`;
}

type Output<Table> = { -readonly [Name in keyof Table]: Table[Name] extends Key<infer S> ? v.InferOutput<S> : never };

/** A table of the file. Keys that are missing have been filled in from the example before this looks. */
function tableSchema<Table extends Record<string, Key>>(table: Table) {
  const entries = Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema]));
  return v.object(entries, 'must be a table') as unknown as v.GenericSchema<unknown, Output<Table>>;
}

/** The keys of a file that are none of ours: all of them, where a schema would stop at the first of a table. */
function unknownKeys(given: Record<string, unknown>): string[][] {
  const known = keys as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return Object.entries(given).flatMap(([table, content]) => {
    const own = Object.hasOwn(known, table) ? known[table] : undefined;
    if (own === undefined) return [[table]];
    const isTable = typeof content === 'object' && content !== null && !Array.isArray(content);
    return isTable ? Object.keys(content).flatMap((key) => (Object.hasOwn(own, key) ? [] : [[table, key]])) : [];
  });
}

const configSchema = v.pipe(
  v.object(
    {
      mapper: tableSchema(keys.mapper),
      translator: tableSchema(keys.translator),
      resolver: tableSchema(keys.resolver),
      recipient: tableSchema(keys.recipient),
      device: tableSchema(keys.device),
      uplink: tableSchema(keys.uplink),
      log: tableSchema(keys.log),
    },
    'must be a table',
  ),
  v.forward(
    v.check(({ mapper }) => !ipv4PrefixesOverlap(mapper.spool, mapper.self), 'must not overlap mapper.spool'),
    ['mapper', 'self'],
  ),
);

/** The configuration of a host that has no file. */
export function defaultConfig(): Config {
  return parseConfig('');
}

/**
 * Reads a configuration from TOML; keys that are not there have their defaults. `source` names the text in errors.
 * Throws a `ConfigError` with all that is wrong.
 */
export function parseConfig(toml: string, source = 'configuration'): Config {
  const given = parseToml(toml, source);
  const result = v.safeParse(configSchema, withDefaults(given));
  const unknown = unknownKeys(given).map((path) => ({ path, text: 'is not a key of the configuration' }));
  if (result.success && unknown.length === 0) return result.output;
  const wrong = (result.issues ?? []).map((issue) => ({
    path: (issue.path ?? []).map((item) => String(item.key)),
    text: issue.message,
  }));
  const all = [...unknown, ...wrong];
  const lines = linesOf(
    toml,
    all.map(({ path }) => path),
  );
  const problems = all.map(({ path, text }, index): Problem => {
    const line = lines[index];
    return { ...(line === undefined ? {} : { line }), key: keyText(path), text };
  });
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  throw new ConfigError(source, problems);
}

/** Reads the configuration file `path`. Throws a `ConfigError`, also when the file cannot be read. */
export function readConfigFile(path: string): Config {
  let toml: string;
  try {
    toml = readAll(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(',')[0] : String(error);
    throw new ConfigError(path, [{ text: `cannot be read (${reason})` }], { cause: error });
  }
  return parseConfig(toml, path);
}

/** The text of a file or pipe. Throws when it is longer than a configuration can be. */
function readAll(path: string): string {
  const octets = Buffer.alloc(LONGEST_FILE + 1);
  const descriptor = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = 1; read > 0 && length < octets.length; length += read) {
      read = readSync(descriptor, octets, length, octets.length - length, null);
    }
    if (length > LONGEST_FILE) throw new Error(`it is longer than ${LONGEST_FILE} octets`);
    return octets.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

function parseToml(toml: string, source: string): Record<string, unknown> {
  try {
    return parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const text = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, 'is not TOML: ');
    throw new ConfigError(source, [{ line: error.line, text }], { cause: error });
  }
}

/** What was given, with the values of the example where nothing was. */
function withDefaults(given: Record<string, unknown>): Record<string, unknown> {
  const all: Record<string, unknown> = { ...given };
  for (const [name, defaults] of Object.entries(parse(exampleConfig()))) {
    const table = given[name] ?? {};
    all[name] = isTable(table) ? { ...(defaults as object), ...table } : table;
  }
  return all;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `resolver.listen[1]`: tables with dots, places in a list, from 0, in brackets. */
function keyText(path: readonly string[]): string {
  return path.map((part, depth) => (/^\d+$/.test(part) ? `[${part}]` : `${depth === 0 ? '' : '.'}${part}`)).join('');
}
