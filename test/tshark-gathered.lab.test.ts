/**
 * Every checksum that the tests of translation produce, judged by tshark: their files are run once more, what they send
 * through the translator is gathered, and the judge sees all of it. What it finds right before translation it must find
 * right after; what it finds wrong, wrong.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { formatPacket } from '../translator/packet-text.ts';
import { importsOf, readFiles } from './architecture/source.ts';
import { GATHERED, type Gathered, readGathered } from './reference/gathered.ts';
import { isClean, JUMBO_IN_IPV4, type Judgement, judge, transportOf } from './reference/tshark.ts';

const top = path.resolve(import.meta.dirname, '..');

/** What the modules are called that hand packets to `gather`; who imports one of them, or that, is run. */
const gathering = /\/(?:gathered|bump|packet-lines|pump-scene)\.ts$/;

/** It sends one packet over and over, to see what that leaves behind. */
const leftOut = ['agent/data-plane/allocation.test.ts'];

function testFiles(): string[] {
  return readFiles(top, ['{agent,test,translator}/**/*.test.ts'])
    .filter((file) => !file.path.endsWith('.lab.test.ts') && !leftOut.includes(file.path))
    .filter((file) => importsOf(file).some(({ target, kind }) => kind === 'value' && gathering.test(`/${target}`)))
    .map((file) => file.path);
}

/** Runs test files, and returns what went through the translator. */
function gathered(files: readonly string[]): Gathered[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'bis-gathered-'));
  try {
    const sameNumbers = path.join(import.meta.dirname, 'reference/same-numbers.ts');
    const ava = path.join(top, 'node_modules/ava/entrypoints/cli.js');
    // The run is one of its own, whatever is said to this one.
    const { AVA_PATH: _, NODE_OPTIONS: __, ...own } = process.env;
    const env = { ...own, [GATHERED]: folder, NODE_OPTIONS: `--import=${sameNumbers}` };
    execFileSync(process.execPath, [ava, ...files], { cwd: top, env, stdio: 'pipe', timeout: 240_000 });
    return readGathered(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const versionOf = (octets: Uint8Array): number => (octets[0] ?? 0) >> 4;

const word = (octets: Uint8Array, at: number): number => (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);

/** Whether a packet is an ICMP error that quotes only the beginning of a packet. */
function isQuoteCut(octets: Uint8Array): boolean {
  const isIpv6 = versionOf(octets) === 6;
  const message = isIpv6 ? 40 : 20;
  if (octets[isIpv6 ? 6 : 9] !== (isIpv6 ? 58 : 1)) return false;
  const quote = message + 8;
  const said = isIpv6 ? (octets[message + 4] ?? 0) * 8 : (octets[message + 5] ?? 0) * 4;
  const isExtended = said > 0 && (isIpv6 ? [1, 3] : [3, 11, 12]).includes(octets[message] ?? 0);
  const whole = isIpv6 ? 40 + word(octets, quote + 4) : word(octets, quote + 2);
  return whole > (isExtended ? said : octets.length - quote);
}

/** What tshark says for reasons that are not the packet's, or not the translator's; each with its reason. */
function isExcused(octets: Uint8Array, { wrong, isMalformed, remarks }: Judgement): boolean {
  // It sums what there is of a TCP or UDP packet that a quote cuts short. The slow translator judges these.
  if (!isMalformed && wrong.every((name) => name === 'tcp' || name === 'udp') && isQuoteCut(octets)) return true;
  if (wrong.length > 0) return false;
  // In IPv6 a payload of no octets is strange to it, in IPv4 not.
  if (versionOf(octets) === 6 && word(octets, 4) <= 8) return true;
  return remarks.split(',').includes(JUMBO_IN_IPV4);
}

test('RFC 7915 4.5-INCR 4.5-TCP 4.5-UDP 4.2-ECHO 5.2-ECHO 4.3-LEN 5.3-LEN 5.1-HDR: tshark judges every packet of every test', (t) => {
  const files = testFiles();
  t.true(files.length > 20, files.join(' '));
  const all = gathered(files);
  const pairs = all.flatMap(({ from, sent }) => sent.map((piece) => ({ from, piece })));
  const before = new Map<Uint8Array, Judgement>();
  for (const [index, judgement] of judge(
    all.map(({ from }) => from),
    false,
  ).entries()) {
    before.set(all[index]?.from ?? new Uint8Array(), judgement);
  }
  const after = judge(
    pairs.map(({ piece }) => piece),
    false,
  );
  const counts = { clean: 0, right: 0, wrong: 0, excused: 0 };
  const objections: string[] = [];
  for (const [index, judgement] of after.entries()) {
    const { from = new Uint8Array(), piece = new Uint8Array() } = pairs[index] ?? {};
    const said = before.get(from);
    const isFromNothing = from.length === 0;
    if (!isClean(judgement) && isExcused(piece, judgement)) {
      counts.excused++;
      continue;
    }
    const show = `${formatPacket(from)}\n${formatPacket(piece)}\n${judgement.remarks}`;
    if (isFromNothing || (said !== undefined && isClean(said))) {
      if (isClean(judgement)) counts.clean++;
      else objections.push(show);
    }
    if (said === undefined || isFromNothing || versionOf(from) === versionOf(piece)) continue;
    const [was, is] = [transportOf(said), transportOf(judgement)];
    if (was === 'none' || is === 'none') continue;
    if (was === is) counts[was]++;
    else objections.push(`${was} became ${is}: ${show}`);
  }
  t.deepEqual(objections, []);
  t.log(`${files.length} files, ${all.length} packets, ${pairs.length} sent: ${JSON.stringify(counts)}`);
  t.true(counts.clean > 3000 && counts.right > 1000 && counts.wrong > 100, JSON.stringify(counts));
});
