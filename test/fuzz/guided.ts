/**
 * Fuzzing led by coverage: a packet that makes a part of the translator run for the first time is kept, and others are
 * made from it. `npm run fuzz -- [--minutes 1] [--seed NUMBER] [--keep]`; `--keep` writes `corpus.txt`. Every run has
 * another seed unless it is given one.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Offload, PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacket, parsePacket } from '../../translator/packet-text.ts';
import { bump } from '../reference/bump.ts';
import { Coverage } from './coverage.ts';
import { mutate, Random, type Seed, seeds } from './mutate.ts';
import { corpusFile, readCorpus, settings } from './scene.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, keep: { type: 'boolean' } },
});
const minutes = Number(values.minutes ?? 1);
const seedNumber = Number(values.seed ?? randomInt(1, 2 ** 31));
if (!(minutes > 0) || !Number.isInteger(seedNumber))
  throw new RangeError('--minutes and --seed must be numbers above 0');
const until = performance.now() + minutes * 60_000;
const random = new Random(seedNumber);

/** Coverage is asked for once for so many packets, because asking costs milliseconds. */
const BATCH = 128;

const packet = new PacketBuffer();
const coverage = new Coverage('/translator/');
await coverage.start();

const kept: (Seed & { verdict: string; line: string })[] = [];
for (const seed of [...readCorpus().map(({ line }) => parsePacket(line)), ...seeds]) await keepIfNew(seed);
const before = kept.length;
let packets = 0;

while (performance.now() < until) {
  const batch = Array.from({ length: BATCH }, make);
  for (const seed of batch) run(seed);
  packets += BATCH;
  // If something new ran, running the batch again one by one shows whose doing it was.
  if ((await coverage.take(false)) > 0) for (const seed of batch) await keepIfNew(seed);
}

console.log(
  `${packets} packets of seed ${seedNumber}: ${kept.length} kept, ${kept.length - before} of them new; ${coverage.size} characters ran`,
);
if (values.keep) {
  const head =
    '# Packets that each made a part of the translator run for the first time; written by guided.ts --keep.\n';
  writeFileSync(corpusFile, head + kept.map(({ verdict, line }) => `${verdict}\t${line}\n`).join(''));
}

function make(): Seed {
  mutate(random, packet, kept);
  return { octets: packet.bytes.slice(0, packet.length), offload: Object.assign(new Offload(), packet.offload) };
}

/** The packet as a line; in hex where the line says less than its octets. */
function lineOf({ octets, offload }: Seed): string {
  const line = formatPacket(octets, offload);
  return Buffer.compare(parsePacket(line).octets, octets) === 0 ? line : `0x${Buffer.from(octets).toString('hex')}`;
}

/** Translates; the message of a failure holds the packet. */
function run(seed: Seed): string {
  try {
    return bump(seed.octets, seed.offload, settings).verdict;
  } catch (cause) {
    throw new Error(`Fuzzing with seed ${seedNumber} found ${lineOf(seed)}`, { cause });
  }
}

async function keepIfNew(seed: Seed): Promise<void> {
  run(seed);
  if ((await coverage.take(true)) === 0) return;
  // Offload that no line can say is forgotten, so the verdict that is kept is that of the line.
  const line = lineOf(seed);
  kept.push({ ...seed, verdict: run(parsePacket(line)), line });
}
