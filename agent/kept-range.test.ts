import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { earlierRanges, keepRanges, keptRange } from './kept-range.ts';

const prefix = (text: string) => parseIpv4Prefix(text) as Ipv4Prefix;
const configured = prefix('10.170.160.0/20');

function directoryOf(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'bis-range-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The range that is kept for the configured one, as text. */
const kept = (directory: string, of = configured): string | undefined => {
  const range = keptRange(directory, of);
  return range && formatIpv4Prefix(range);
};

test('M3, M14: the range that was used last is kept for the one that was asked for, and for no other', (t) => {
  const directory = join(directoryOf(t), 'state');
  t.is(kept(directory), undefined);
  keepRanges(directory, configured, [prefix('172.21.80.0/20')]);
  keepRanges(directory, configured, [prefix('192.168.240.0/20')]);
  t.is(kept(directory), '192.168.240.0/20');
  t.is(kept(directory, prefix('172.21.80.0/20')), undefined);
  t.deepEqual(readdirSync(directory), ['spool-range']);
  t.is(statSync(join(directory, 'spool-range')).mode & 0o777, 0o600);
});

test("M3, M14: all ranges of which mappings are kept are known, but for those that are somebody else's now", (t) => {
  const directory = directoryOf(t);
  const earlier = (...taken: string[]) => earlierRanges(directory, taken.map(prefix)).map(formatIpv4Prefix);
  t.deepEqual(earlier(), []);
  keepRanges(directory, configured, ['172.21.80.0/20', '10.170.160.0/20', '192.168.240.0/20'].map(prefix));
  t.is(kept(directory), '172.21.80.0/20');
  t.deepEqual(earlier('172.21.80.0/20'), ['10.170.160.0/20', '192.168.240.0/20']);
  t.deepEqual(earlier('10.170.160.0/24', '192.168.240.0/20'), ['172.21.80.0/20']);
  // Whatever is asked for now, who was promised one of them may still use it.
  t.is(kept(directory, prefix('10.99.0.0/20')), undefined);
  t.is(earlier('10.99.0.0/20').length, 3);
  keepRanges(directory, configured, ['255.255.255.252/30', '198.19.255.252/30', '198.19.255.252/30'].map(prefix));
  t.deepEqual(earlier(), ['198.19.255.252/30']);
});

test('what somebody has put where the file is written first is not written through', (t) => {
  const directory = directoryOf(t);
  const theirs = join(directory, 'theirs');
  writeFileSync(theirs, 'theirs');
  symlinkSync(theirs, join(directory, `spool-range.${process.pid}`));
  keepRanges(directory, configured, [configured]);
  t.is(readFileSync(theirs, 'utf8'), 'theirs');
  t.is(kept(directory), '10.170.160.0/20');
});

test('M3: a range that somebody chose is taken again when it is free', (t) => {
  const directory = directoryOf(t);
  const chosen = prefix('10.99.0.0/20');
  keepRanges(directory, chosen, [prefix('172.21.80.0/20')]);
  t.is(kept(directory, chosen), undefined);
});

test('M14: a file that is no such range is as none, whatever it is', (t) => {
  const asked = formatIpv4Prefix(configured);
  const directory = directoryOf(t);
  const file = join(directory, 'spool-range');
  const texts = ['', asked, `${asked} `, `${asked} 10.0.0.0/8`, `${asked} 127.0.0.0/20`, `${asked} 10.0.0.1/20`, '\0'];
  for (const text of [...texts, `${asked} 172.21.80.0/20${' '.repeat(100)}`]) {
    writeFileSync(file, text);
    t.is(kept(directory), undefined, JSON.stringify(text));
  }
  const makes = [
    () => execFileSync('mkfifo', [file]),
    () => symlinkSync('/dev/zero', file),
    () => mkdirSync(join(file, 'x'), { recursive: true }),
  ];
  for (const make of makes) {
    rmSync(file, { recursive: true, force: true });
    make();
    t.is(kept(directory), undefined);
  }
  t.throws(() => keepRanges(directory, configured, [configured]), { message: `Cannot keep ${file}` });
  t.deepEqual(readdirSync(directory), ['spool-range']);
});
