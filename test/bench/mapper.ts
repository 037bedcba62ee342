/**
 * What mappings cost: making, finding, recycling, and keeping a million of them on a disk (M14).
 * `install/node --expose-gc test/bench/mapper.ts [--length 12] [--directory DIRECTORY]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6 } from '../../mapper/address/ipv6.ts';
import { AddressMapper } from '../../mapper/address-mapper.ts';
import { linuxFiles } from '../../mapper/mapping-file/files.ts';
import { MappingFile } from '../../mapper/mapping-file/mapping-file.ts';
import { SharedTable } from '../../mapper/shared-table.ts';
import { Spool } from '../../mapper/spool.ts';

const { values } = parseArgs({ options: { length: { type: 'string' }, directory: { type: 'string' } } });
const spool = new Spool([{ address: ipv4(0x0a000000), length: Number(values.length ?? 12) }]);
const directory = mkdtempSync(join(values.directory ?? tmpdir(), 'bis-bench-'));
const path = join(directory, 'mappings');
const clock = { now: 1_000_000 };
const peer = (number: number): Ipv6Address => ipv6(0x20010db8, number >>> 20, number * 0x9e3779b1, number);

function tell(title: string, figure: string): void {
  console.log(`${title.padEnd(44)}${figure}`);
}

/** Megabytes in use: the heap without garbage, if there is --expose-gc, and tables. */
function inUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

function run(isKept: boolean) {
  const table = SharedTable.create(spool, 0x5eed);
  const file = new MappingFile({ path, spool, files: linuxFiles, report: (problem) => console.log(problem.message) });
  const sinks = isKept ? [table.writer(), file] : [table.writer()];
  const mapper = new AddressMapper({ spool, index: table.reader, sinks, stamps: [table], now: () => clock.now });
  return { table, file, mapper };
}

/** Makes mappings for `count` new peers, from number `first` on; thousands of them a second. */
function assign(mapper: AddressMapper, first: number, count: number): string {
  const began = performance.now();
  for (let number = first; number < first + count; number++) {
    mapper.assign(peer(number), { name: `host${number}.example.`, ttlSeconds: 60 });
  }
  const milliseconds = performance.now() - began;
  return `${Math.round(count / milliseconds)} thousand/s`;
}

/** Nanoseconds of a look-up of addresses that are there, in a different order than they were made in. */
function lookUp(table: SharedTable): string {
  const peers = Array.from({ length: 1 << 16 }, (_, number) => peer(Math.imul(number, 40503) & 0xffff));
  const rounds = 20;
  let found = 0;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    for (const address of peers) if (table.reader.toIpv4(address) !== -1) found++;
  }
  const nanoseconds = ((performance.now() - began) * 1e6) / (rounds * peers.length);
  return `${nanoseconds.toFixed(0)} ns (${found === rounds * peers.length ? 'all' : found} found)`;
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

try {
  {
    const before = inUse();
    const { mapper, table } = run(false);
    tell('assign, new', assign(mapper, 0, spool.usable));
    tell('memory, all mapped', `${(inUse() - before).toFixed(0)} MB`);
    tell('look up', lookUp(table));
    clock.now += 1000;
    tell('assign, recycling', assign(mapper, spool.usable, spool.usable));
  }
  {
    const { mapper, file } = run(true);
    await file.begin(mapper);
    tell('assign, new, on disk before the answer', assign(mapper, 0, spool.usable));
    clock.now += 1000;
    tell('assign, recycling, on disk', assign(mapper, spool.usable, spool.usable));
    tell('save', await watched(() => file.end()));
    tell('file', `${(statSync(path).size / 1e6).toFixed(1)} MB`);
  }
  const { mapper, file } = run(true);
  const began = performance.now();
  mapper.restore(file.load());
  tell('load', `${(performance.now() - began).toFixed(0)} ms for ${mapper.use.used} mappings`);
} finally {
  rmSync(directory, { recursive: true });
}
