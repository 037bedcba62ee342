import { execFileSync } from 'node:child_process';
import {
  chmodSync,
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
import { formatIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv4Prefix, formatIpv6Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { defaultConfig, parseConfig } from './config/parse-config.ts';
import { createInstance, errorSource4, selfAddress, selfPrefix } from './instance.ts';

/** A directory of the test's own. */
function directoryOf(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'bis-state-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function prefix(text: string): Ipv4Prefix {
  const parsed = parseIpv4Prefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

/** Octets of a Global ID and a Subnet ID that are easy to see. */
const drawn = (count: number): Buffer => Buffer.from('123456789abcdef0'.slice(0, 2 * count), 'hex');
const ula = 'fd12:3456:789a:bcde::/96';

/** The ranges chosen while others are in use. */
function ranges(taken: readonly string[], config = defaultConfig()): string[] {
  const { prefix: self } = selfPrefix('/dev/null/nowhere', drawn);
  const instance = createInstance(config, self, taken.map(prefix));
  return [instance.spool, instance.self].map(formatIpv4Prefix);
}

test('RFC 6535 4.4: the first ranges, when nothing of them is in use', (t) => {
  t.deepEqual(ranges(['192.168.0.0/16', '172.17.0.0/16', '10.0.0.0/16']), ['10.170.160.0/20', '172.21.112.0/20']);
});

test('M3: the second range, where an address of the first is in use', (t) => {
  t.deepEqual(ranges(['10.170.170.1/32']), ['172.21.80.0/20', '172.21.112.0/20']);
  t.deepEqual(ranges(['172.16.0.0/12']), ['10.170.160.0/20', '10.170.224.0/20']);
});

test('M3, M17: a range gives way to explicit mappings of the configuration', (t) => {
  const config = parseConfig('[mapper]\nexplicit = ["10.170.160.9 2001:db8::9"]\n');
  t.deepEqual(ranges([], config), ['172.21.80.0/20', '172.21.112.0/20']);
});

test('M3: when both are in use, a private range of the same length is found, or one for benchmarks', (t) => {
  const rows: [taken: string[], spool: string, self: string][] = [
    [['10.0.0.0/8'], '172.21.80.0/20', '172.21.112.0/20'],
    [['172.16.0.0/12'], '10.170.160.0/20', '10.170.224.0/20'],
    [['10.0.0.0/8', '172.16.0.0/12'], '192.168.240.0/20', '192.168.224.0/20'],
    [['10.0.0.0/8', '172.21.80.7/32', '172.31.255.0/24'], '172.31.224.0/20', '172.21.112.0/20'],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], '198.19.240.0/20', '198.19.224.0/20'],
  ];
  for (const [taken, ...expected] of rows) t.deepEqual(ranges(taken), expected, taken.join(' '));
  const all = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'];
  const message = /^Cannot use 10\.170\.160\.0\/20 or any private range of that length as spool range: /;
  t.throws(() => ranges(all), { message });
});

test('M3: a range that somebody chose gives way like any other, to a default of its length or a private range', (t) => {
  const { mapper, ...config } = defaultConfig();
  const choosing = (text: string, taken: readonly string[]): string | undefined =>
    ranges(taken, { ...config, mapper: { ...mapper, spool: prefix(text) } })[0];
  t.is(choosing('100.64.8.0/24', []), '100.64.8.0/24');
  t.is(choosing('100.64.8.0/24', ['100.64.0.0/10']), '10.255.255.0/24');
  t.is(choosing('10.64.0.0/20', ['10.64.0.9/32']), '10.170.160.0/20');
  const all = ['100.64.0.0/10', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'];
  const message = /^Cannot use 100\.64\.8\.0\/24 or any private range of that length as spool range/;
  t.throws(() => choosing('100.64.8.0/24', all), { message });
});

test('M3, M14: the range that the spool was in last comes first while it is free', (t) => {
  const { prefix: self } = selfPrefix('/dev/null/nowhere', drawn);
  const kept = prefix('192.168.240.0/20');
  const spool = (taken: string): string =>
    formatIpv4Prefix(createInstance(defaultConfig(), self, [prefix(taken)], kept).spool);
  t.is(spool('10.0.0.0/16'), '192.168.240.0/20');
  t.is(spool('192.168.250.1/32'), '10.170.160.0/20');
});

test('M5: errors of routers come from the spool address that is never handed out, programs from the first of the self range', (t) => {
  const instance = createInstance(defaultConfig(), selfPrefix('/dev/null/nowhere', drawn).prefix, []);
  t.is(formatIpv4(errorSource4(instance)), '10.170.160.0');
  t.is(selfAddress(instance), '172.21.112.1');
});

test('queues are one for each processor, up to four, unless the configuration says how many', (t) => {
  const { device, ...config } = defaultConfig();
  const queues = (configured: number, processors: number): number => {
    const asked = { ...config, device: { ...device, queues: configured } };
    return createInstance(asked, selfPrefix('/dev/null/nowhere', drawn).prefix, [], undefined, processors).queues;
  };
  t.deepEqual([queues(0, 1), queues(0, 2), queues(0, 16), queues(3, 1)], [1, 2, 4, 3]);
});

test('the mark is one bit, clear of those of Tailscale, Kubernetes, Calico and wg-quick', (t) => {
  const { mark, markMask } = createInstance(defaultConfig(), selfPrefix('/dev/null/nowhere', drawn).prefix, []);
  t.is(mark & markMask, mark);
  t.is(mark & (mark - 1), 0);
  for (const others of [0x00ff_0000, 0xc000, 0xffff_0000 & ~0xf000_0000, 51_820]) t.is(mark & others, 0);
});

test('the conntrack zone is another one each time, and clear of small numbers', (t) => {
  const { prefix } = selfPrefix('/dev/null/nowhere', drawn);
  const zones = [1, 2, 3, 4].map(() => createInstance(defaultConfig(), prefix, []).zone);
  t.true(new Set(zones).size > 1);
  for (const zone of zones) t.true(zone >= 0x4000 && zone < 0xc000, `${zone}`);
});

test('RFC 4193 3.1: the self prefix is fd, 40 random bits, a subnet, and a /96', (t) => {
  t.is(formatIpv6Prefix(selfPrefix(directoryOf(t), drawn).prefix), ula);
  const texts = new Set([1, 2, 3, 4].map(() => formatIpv6Prefix(selfPrefix(directoryOf(t)).prefix)));
  t.is(texts.size, 4, 'they are random');
  for (const text of texts) t.regex(text, /^fd[0-9a-f]{2}:.*\/96$/);
});

test('the self prefix is kept, for root only, and nothing else is', (t) => {
  const directory = directoryOf(t);
  const state = join(directory, 'made', 'of', 'it');
  t.deepEqual(selfPrefix(state, drawn).prefix, selfPrefix(state).prefix);
  t.deepEqual(readdirSync(state), ['self-prefix']);
  t.is(readFileSync(join(state, 'self-prefix'), 'utf8'), `${ula}\n`);
  t.is(statSync(join(state, 'self-prefix')).mode & 0o777, 0o600);
  t.is(statSync(state).mode & 0o777, 0o700);
});

for (const [what, text] of [
  ['empty', ''],
  ['half written', 'fd12:34'],
  ['not a /96', 'fd12:3456:789a::/64'],
  ['not a unique local prefix', '2001:db8::/96'],
  ['one with bits behind it', 'fd12::1/96'],
  ['binary', '\0\xff\0'],
  ['a directory', undefined],
] as const) {
  test(`a kept self prefix that is ${what} is no refusal to start`, (t) => {
    const directory = directoryOf(t);
    const file = join(directory, 'self-prefix');
    if (text === undefined) {
      t.is(selfPrefix(join(directory, 'other'), drawn).problem, undefined);
      rmSync(directory, { recursive: true });
      selfPrefix(join(file, 'x'), drawn);
      const { prefix: self, problem } = selfPrefix(directory, drawn);
      t.is(formatIpv6Prefix(self), ula);
      t.is(problem?.message, `Cannot keep the self prefix in ${file}`);
      t.deepEqual(readdirSync(directory), ['self-prefix'], 'no temporary file stays');
      return;
    }
    writeFileSync(file, text);
    t.is(formatIpv6Prefix(selfPrefix(directory, drawn).prefix), ula);
    t.is(readFileSync(file, 'utf8'), `${ula}\n`, 'it is replaced');
  });
}

test('a kept self prefix that would keep a reader waiting for ever is not read', (t) => {
  for (const make of [
    (file: string) => execFileSync('mkfifo', [file]),
    (file: string) => symlinkSync('/dev/zero', file),
  ]) {
    const directory = directoryOf(t);
    make(join(directory, 'self-prefix'));
    t.is(formatIpv6Prefix(selfPrefix(directory, drawn).prefix), ula);
  }
});

test('a directory that cannot be written gives a prefix for this run, and says so', (t) => {
  const { prefix: self, problem } = selfPrefix('/dev/null/nowhere', drawn);
  t.is(formatIpv6Prefix(self), ula);
  t.is(problem?.message, 'Cannot keep the self prefix in /dev/null/nowhere/self-prefix');
  t.is((problem?.cause as NodeJS.ErrnoException | undefined)?.code, 'ENOTDIR');
  const directory = directoryOf(t);
  chmodSync(directory, 0o500);
  if (process.geteuid?.() !== 0) t.truthy(selfPrefix(directory, drawn).problem);
});
