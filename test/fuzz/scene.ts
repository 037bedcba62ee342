/** What the fuzzers and the corpus share: one path, one map, and the packets that were worth keeping. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import type { Settings } from '../reference/bump.ts';

/** Choices that make as much as possible reachable. */
export const settings: Settings = {
  mtu4: 1300,
  errorSource4: [{ address: ipv4(0xc0000200), length: 28 }],
  errorSourceExtension: true,
  errorSource6: [{ address: ipv6(0x20010db8, 0, 0, 0xee), length: 128 }],
};

export const corpusFile = path.join(import.meta.dirname, 'corpus.txt');

/** The kept packets: each line's verdict and packet line. */
export function readCorpus(): { verdict: string; line: string }[] {
  return readFileSync(corpusFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ verdict: line.slice(0, line.indexOf('\t')), line: line.slice(line.indexOf('\t') + 1) }));
}
