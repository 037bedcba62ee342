import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { formatPacket, parsePacket } from '../../translator/packet-text.ts';
import { bis, environment, finished, launcher, type Outcome } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';
import { config, expired, line4, line4Back, line6, multicast } from '../translate/fixture/examples.ts';

const hex = (line: string): string => Buffer.from(parsePacket(line).octets).toString('hex');
const line = (text: string): string => formatPacket(Buffer.from(text, 'hex'));

interface Answer {
  id: unknown;
  error?: string;
  verdict?: string;
  reason?: string;
  out: { to: string; packet: string }[];
}

function start(...options: string[]): ChildProcess {
  return spawn(launcher, ['translate', ...options], { env: environment, stdio: 'pipe' });
}

/** Runs `bis translate` on an input. */
function translate(input: string, ...options: string[]): Promise<Outcome> {
  const child = start(...options);
  const ended = finished(child);
  child.stdin?.end(input);
  return ended;
}

async function answers(t: ExecutionContext, requests: readonly unknown[], ...options: string[]): Promise<Answer[]> {
  const input = requests.map((request) => `${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
  const { code, stdout, stderr } = await translate(input.join(''), ...options);
  t.is(stderr, '');
  t.is(code, 0);
  const all = stdout.split('\n').slice(0, -1);
  t.is(all.length, requests.length);
  return all.map((text) => JSON.parse(text) as Answer);
}

test('one JSON line for each, with every packet that is sent', async (t) => {
  const [a, b, c, d, e] = await answers(t, [
    { id: 1, packet: hex(line4), config },
    { id: 'two', packet: hex(line6).toUpperCase() },
    { id: { three: [3] }, packet: hex(expired) },
    { packet: hex(multicast) },
    { id: null, packet: '' },
  ]);
  t.deepEqual(Object.keys(a ?? {}), ['id', 'verdict', 'reason', 'out']);
  t.deepEqual([a?.id, a?.verdict, a?.reason, a?.out[0]?.to], [1, 'translated', 'translated', 'ipv6']);
  t.is(line(a?.out[0]?.packet ?? ''), line6);
  t.deepEqual([b?.id, b?.verdict, b?.out[0]?.to], ['two', 'translated', 'ipv4']);
  t.is(line(b?.out[0]?.packet ?? ''), line4Back);
  t.deepEqual(
    [c?.id, c?.verdict, c?.reason, c?.out[0]?.to],
    [{ three: [3] }, 'refused', 'refused-time-exceeded', 'ipv4'],
  );
  t.regex(line(c?.out[0]?.packet ?? ''), /^IPv4 192\.0\.2\.254 > 192\.0\.2\.1 .* ICMPv4 time-exceeded \|/);
  t.deepEqual(d, { id: null, verdict: 'dropped', reason: 'dropped-multicast', out: [] });
  t.deepEqual(e, { id: null, verdict: 'dropped', reason: 'dropped-malformed', out: [] });
});

test('fragments are all there, in their order', async (t) => {
  const long = 'IPv4 192.0.2.1 > 203.0.113.1 ttl=64 id=9 | UDP 1 > 2 | [3000]';
  const [answer] = await answers(t, [{ id: 1, packet: hex(long), config }]);
  t.deepEqual(
    answer?.out.map(({ packet }) => / offset=(\d+)/.exec(line(packet))?.[1] ?? '0'),
    ['0', '1232', '2464'],
  );
});

test('bad lines are answered, and what follows is not harmed', async (t) => {
  const all = await answers(t, [
    { id: 1, packet: hex(line4), config },
    'nonsense',
    '[1]',
    '"text"',
    'null',
    { id: 2 },
    { id: 3, packet: 7 },
    { id: 4, packet: '4' },
    { id: 5, packet: '4x' },
    { id: 6, packet: hex(line4), config: { prefix: 'nonsense' } },
    { id: 7, packet: hex(line4), config: { nonsense: 1 } },
    { id: 8, packet: hex(line4) },
    { id: 9, packet: `${hex(line4)}${'00'.repeat(100_000)}` },
    { id: 10, packet: hex(line4), config: {} },
  ]);
  const errors = all.map(({ error }) => error?.replace(/: (?:Unexpected|Expected).*/, ''));
  t.deepEqual(errors, [
    undefined,
    'The line is no JSON',
    'The line is no JSON object',
    'The line is no JSON object',
    'The line is no JSON object',
    'packet must be text',
    'packet must be text',
    'packet must have two hexadecimal digits for each octet',
    'packet must be hexadecimal digits',
    'config: prefix must be an IPv6 prefix, not "nonsense"',
    'config: nonsense is not a key',
    undefined,
    undefined,
    undefined,
  ]);
  for (const answer of all.filter(({ error }) => error !== undefined))
    t.deepEqual(Object.keys(answer), ['id', 'error']);
  t.deepEqual(
    all.map(({ id }) => id),
    [1, null, null, null, null, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  t.is(line(all[11]?.out[0]?.packet ?? ''), line6, 'the configuration before holds');
  t.is(line(all[12]?.out[0]?.packet ?? ''), line6, 'what is behind a packet is cut off');
  t.is(all[13]?.reason, 'refused-no-mapping');
});

test('state starts fresh with each configuration', async (t) => {
  const requests = [{ config }, {}, {}, { config }].map((more, id) => ({ id, packet: hex(line6), ...more }));
  const all = await answers(t, requests);
  t.deepEqual(
    all.map(({ out }) => / id=(\d+)/.exec(line(out[0]?.packet ?? ''))?.[1]),
    ['1', '2', '3', '1'],
  );
});

test('--config says where to begin', async (t) => {
  const file = join(temporaryDirectory(t), 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const [answer] = await answers(t, [{ id: 1, packet: hex(line4) }], '--config', file);
  t.is(line(answer?.out[0]?.packet ?? ''), line6);
});

test('an answer comes when its line has, not at the end', async (t) => {
  const child = start();
  const first = new Promise<string>((resolve) => child.stdout?.setEncoding('utf8').once('data', resolve));
  child.stdin?.write(`${JSON.stringify({ id: 1, packet: hex(line4), config })}\n`);
  t.regex(await first, /^\{"id":1,"verdict":"translated",.*\}\n$/);
  child.stdin?.end();
  t.is(await new Promise((resolve) => child.once('close', resolve)), 0);
});

test('many lines through a slow reader, and a reader that leaves', async (t) => {
  const request = `${JSON.stringify({ id: 1, packet: hex(line4.replace('"hello"', '[1000]')), config })}\n`;
  const count = 5000;
  const slow = start();
  slow.stdin?.end(request.repeat(count));
  await new Promise((resolve) => setTimeout(resolve, 500));
  let lines = 0;
  slow.stdout?.on('data', (chunk: Buffer) => {
    lines += chunk.filter((octet) => octet === 10).length;
  });
  t.is(await new Promise((resolve) => slow.once('close', resolve)), 0);
  t.is(lines, count);
  const gone = start();
  gone.stdin?.on('error', () => {});
  gone.stdout?.once('data', () => gone.stdout?.destroy());
  gone.stdin?.end(request.repeat(count));
  let complaint = '';
  gone.stderr?.on('data', (chunk: Buffer) => {
    complaint += String(chunk);
  });
  t.is(await new Promise((resolve) => gone.once('close', resolve)), 0);
  t.is(complaint, '');
});

test('--text shows packets as lines', async (t) => {
  const requests = [{ packet: hex(line4), config }, 'nonsense', { packet: hex(multicast) }];
  const input = requests.map((request) => (typeof request === 'string' ? request : JSON.stringify(request))).join('\n');
  const { code, stdout } = await translate(input, '--text');
  t.is(code, 0);
  t.is(
    stdout.replace(/(no JSON): .*/, '$1'),
    [
      `1  ${line4}`,
      '   translated',
      `   ${line6}`,
      '2  The line is no JSON',
      `3  ${multicast}`,
      '   dropped-multicast',
      '',
    ].join('\n'),
  );
});

test('usage errors exit 2', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'config.json');
  writeFileSync(file, '{"mtu6": 1}');
  const rows: [string[], RegExp][] = [
    [['--pcap', 'a.pcap'], /^bis: --pcap takes two files, IN\.pcap and OUT\.pcap\n$/],
    [['--pcap', 'a', 'b', 'c'], /^bis: --pcap takes two files/],
    [['--pcap'], /^bis: option '--pcap <files\.\.\.>' argument missing\n$/],
    [['--config', '/nonexistent'], /^bis: \/nonexistent: cannot be read \(ENOENT/],
    [['--config', file], /config\.json: mtu6 must be a whole number from 1280 to 65535\n$/],
    [['--nonsense'], /^bis: unknown option '--nonsense'\n$/],
    [['more'], /^bis: too many arguments for 'translate'/],
  ];
  for (const [options, expected] of rows) {
    const { code, stdout, stderr } = await bis('translate', ...options);
    t.is(code, 2, options.join(' '));
    t.is(stdout, '');
    t.regex(stderr, expected);
  }
});
