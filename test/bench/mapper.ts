/**
 * What mappings cost: finding, making, recycling and refusing them, and keeping a million on a disk (M14).
 * `install/node test/bench/mapper.ts [--length 12] [--directory DIRECTORY]`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { preferHugePages } from '../../agent/data-plane/huge-pages.ts';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { type Ipv6Address, Ipv6Words } from '../../mapper/address/ipv6.ts';
import type { AddressMapper } from '../../mapper/address-mapper.ts';
import { timeCalls } from './long-calls.ts';
import { clock, MILLION, mapperOver, peer, START, spoolOf, tell } from './million.ts';
import { watched } from './watched.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { length: text, directory: text } });
const length = Number(values.length ?? MILLION);
const directory = mkdtempSync(join(values.directory ?? tmpdir(), 'bis-bench-'));
const path = join(directory, 'mappings');

const assign = (mapper: AddressMapper) => (number: number) =>
  mapper.assign(peer(number), { name: `host${number}.example.`, ttlSeconds: 60 });

/** Nanoseconds of a look-up, of `hot` addresses all over a table that is full: the best of ten rounds. */
function lookUp(title: string, lengthOf: number, hot: number): void {
  const spool = spoolOf(lengthOf);
  const { table } = mapperOver(spool);
  preferHugePages(table.memory);
  const writer = table.writer();
  for (let position = 1; position <= spool.usable; position++) writer.publish(position, peer(position));
  const numbers = Uint32Array.from(
    { length: Math.min(1 << 18, Math.max(hot, 1 << 16)) },
    (_, index) => 1 + ((Math.imul(index % hot, 0x9e3779b1) >>> 0) % spool.usable),
  );
  const peers = Array.from(numbers, peer);
  const words = new Ipv6Words();
  const best = (look: (index: number) => boolean): string => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 10; round++) {
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

/** Makes mappings until all are held, refuses more, and recycles them. */
async function inMemory(): Promise<void> {
  const spool = spoolOf(length);
  const { mapper } = mapperOver(spool);
  tell('assign, new', await timeCalls(0, spool.usable, assign(mapper)));
  tell('assign, all held', await timeCalls(spool.usable, spool.usable, assign(mapper)));
  clock.now += 1000;
  let slices = 0;
  let isMore = true;
  const sweep = await timeCalls(0, 2049, () => {
    if (isMore) slices++;
    isMore = isMore && mapper.sweep();
  });
  tell(`sweep, all become idle, in ${slices} slices`, sweep);
  tell('assign, recycling', await timeCalls(spool.usable, spool.usable, assign(mapper)));
  clock.now += 1000;
  tell('assign, recycling, without a sweep', await timeCalls(2 * spool.usable, spool.usable, assign(mapper)));
}

async function onDisk(): Promise<void> {
  const spool = spoolOf(length);
  const { mapper, file } = mapperOver(spool, path);
  await file.begin(mapper);
  tell('assign, new, on disk before the answer', await timeCalls(0, spool.usable, assign(mapper)));
  clock.now += 1000;
  tell('assign, recycling, on disk', await timeCalls(spool.usable, spool.usable, assign(mapper)));
  tell('save', await watched(() => file.end()));
  tell('file', `${(statSync(path).size / 1e6).toFixed(1)} MB`);
}

/** Loads the file into a process that has nothing else, as at a start. */
async function load(): Promise<void> {
  const program = join(directory, 'mapper-load.mjs');
  const entryPoints = [join(import.meta.dirname, 'mapper-load.ts')];
  await build({ entryPoints, outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node24' });
  process.stdout.write(execFileSync(process.execPath, [program, path, String(length)]));
}

try {
  await inMemory();
  lookUp('look up, a /20', 20, 4094);
  lookUp(`look up, a /${length}, 10,000 of them in use`, length, 10_000);
  lookUp(`look up, a /${length}, another one each time`, length, 2 ** 32);
  await onDisk();
  await load();
} finally {
  rmSync(directory, { recursive: true });
}
