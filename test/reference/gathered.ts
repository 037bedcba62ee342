/**
 * Packets that tests send through the translator, gathered for a judge who looks at them later
 * (`test/tshark-gathered.lab.test.ts`): one line for each, in hexadecimal digits, what went in first. Nothing is gathered
 * unless a run asks for it.
 */
import { Buffer } from 'node:buffer';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The environment variable that names the folder. */
export const GATHERED = 'BIS_GATHERED';

/** One packet, and all that is sent about it. */
export interface Gathered {
  readonly from: Uint8Array;
  readonly sent: readonly Uint8Array[];
}

const folder = process.env[GATHERED];
const seen = new Set<string>();

/** Gathers a packet, if this run is asked to and has not seen it yet. Both checksums must be whole, not for a device to end. */
export function gather(from: Uint8Array, sent: readonly Uint8Array[]): void {
  if (folder === undefined || sent.length === 0) return;
  const line = [from, ...sent].map((octets) => Buffer.from(octets).toString('hex')).join(' ');
  if (seen.has(line)) return;
  seen.add(line);
  // Every test file is a process of its own.
  appendFileSync(path.join(folder, `${process.pid}.txt`), `${line}\n`);
}

/** What a run gathered in a folder, each once, in an order that does not depend on which file came first. */
export function readGathered(from: string): Gathered[] {
  const lines = readdirSync(from).flatMap((name) => readFileSync(path.join(from, name), 'utf8').split('\n'));
  return [...new Set(lines)]
    .filter((line) => line !== '')
    .sort()
    .map((line) => {
      const [first = new Uint8Array(), ...rest] = line.split(' ').map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
      return { from: first, sent: rest };
    });
}
