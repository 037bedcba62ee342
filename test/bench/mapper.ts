/**
 * What mappings cost: finding, making, recycling and refusing them, and keeping a million on a disk (M14).
 * `install/node test/bench/mapper.ts [--length 12] [--directory DIRECTORY]`; what loading costs is measured in a process
 * of its own, `--load FILE`, which does nothing else.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { preferHugePages } from '../../agent/data-plane/huge-pages.ts';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, Ipv6Words, ipv6 } from '../../mapper/address/ipv6.ts';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { linuxFiles } from '../../mapper/mapping-file/files.ts';
import { MappingFile } from '../../mapper/mapping-file/mapping-file.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { length: text, directory: text, load: text } });
const directory = mkdtempSync(join(values.directory ?? tmpdir(), 'bis-bench-'));
const path = values.load ?? join(directory, 'mappings');
const clock = { now: 1_000_000 };
const START = 0x0a000000;
const spool = new Spool([{ address: ipv4(START), length: Number(values.length ?? 12) }], 2);
const peer = (number: number): Ipv6Address => ipv6(0x20010db8, number >>> 20, number * 0x9e3779b1, number);

function tell(title: string, figure: string): void {
  console.log(`${title.padEnd(44)}${figure}`);
}

/** Megabytes of memory this process has, without garbage where there is --expose-gc. */
function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}

function run(isKept: boolean, of = spool) {
  const table = SharedTable.create(of, 0x5eed);
  preferHugePages(table.memory);
  const file = new MappingFile({ path, spool: of, files: linuxFiles, report: ({ message }) => console.log(message) });
  const sinks = isKept ? [table.writer(), file] : [table.writer()];
  const mapper = new AddressMapper({ spool: of, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  return { table, file, mapper };
}

/** Calls something for `count` numbers, from `first` on: how many thousand a second, and the longest call. */
function each(first: number, count: number, call: (number: number) => void): string {
  const began = performance.now();
  let longest = 0;
  let before = began;
  for (let number = first; number < first + count; number++) {
    call(number);
    const after = performance.now();
    longest = Math.max(longest, after - before);
    before = after;
  }
  return `${Math.round(count / (before - began))} thousand/s, ${longest.toFixed(1)} ms at most`;
}

const assign = (mapper: AddressMapper) => (number: number) =>
  mapper.assign(peer(number), { name: `host${number}.example.`, ttlSeconds: 60 });

/** Nanoseconds of a look-up of addresses that are there, all over the table: the best of five rounds. */
function lookUp(title: string, of: Spool): void {
  const { table } = run(false, of);
  const writer = table.writer();
  for (let position = 1; position <= of.usable; position++) writer.publish(position, peer(position));
  const numbers = Uint32Array.from(
    { length: 1 << 16 },
    (_, index) => 1 + ((Math.imul(index, 40503) >>> 0) % of.usable),
  );
  const peers = Array.from(numbers, peer);
  const words = new Ipv6Words();
  const best = (look: (index: number) => boolean): string => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      for (let index = 0; index < numbers.length; index++) if (!look(index)) throw new Error('It is not there');
      least = Math.min(least, ((performance.now() - began) * 1e6) / numbers.length);
    }
    return least.toFixed(0);
  };
  const four = best((index) => table.reader.toIpv6(ipv4(START + (numbers[index] as number)), words));
  const six = best((index) => table.reader.toIpv4(peers[index] as Ipv6Address) !== -1);
  tell(title, `${four} ns by IPv4 address, ${six} ns by IPv6 address`);
}

/** The longest that something kept the thread for itself, in milliseconds, and how long it took in all. */
async function watched(what: () => Promise<void>): Promise<string> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await what();
  const milliseconds = performance.now() - began;
  delay.disable();
  const { mean, max } = delay;
  return `${milliseconds.toFixed(0)} ms; between turns ${(mean / 1e6).toFixed(1)} ms, ${(max / 1e6).toFixed(1)} ms at most`;
}

/** Loads the file into a process that has nothing else, as at a start. */
function load(): void {
  const before = Math.round(resident());
  const { mapper, file } = run(true);
  const began = performance.now();
  mapper.restore(file.load());
  tell('load', `${(performance.now() - began).toFixed(0)} ms for ${mapper.use.used} mappings`);
  const after = Math.round(resident());
  tell('resident, loaded', `${after - before} MB, and ${before} MB before`);
}

async function all(): Promise<void> {
  {
    const { mapper } = run(false);
    tell('assign, new', each(0, spool.usable, assign(mapper)));
    tell('assign, all held', each(spool.usable, spool.usable, assign(mapper)));
    clock.now += 1000;
    const began = performance.now();
    let slices = 1;
    while (mapper.sweep()) slices++;
    const milliseconds = performance.now() - began;
    tell('sweep, all become idle', `${milliseconds.toFixed(0)} ms in ${slices} slices`);
    tell('assign, recycling', each(spool.usable, spool.usable, assign(mapper)));
    clock.now += 1000;
    tell('assign, recycling, without a sweep', each(2 * spool.usable, spool.usable, assign(mapper)));
  }
  lookUp('look up, a /20', new Spool([{ address: ipv4(START), length: 20 }], 2));
  lookUp(`look up, a /${values.length ?? 12}`, spool);
  const { mapper, file } = run(true);
  await file.begin(mapper);
  tell('assign, new, on disk before the answer', each(0, spool.usable, assign(mapper)));
  clock.now += 1000;
  tell('assign, recycling, on disk', each(spool.usable, spool.usable, assign(mapper)));
  tell('save', await watched(() => file.end()));
  tell('file', `${(statSync(path).size / 1e6).toFixed(1)} MB`);
  const own = [import.meta.filename, '--load', path, '--length', values.length ?? '12'];
  process.stdout.write(execFileSync(process.execPath, ['--expose-gc', ...own]));
}

try {
  if (values.load === undefined) await all();
  else load();
} finally {
  rmSync(directory, { recursive: true });
}
