import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { parsePacket } from '../../translator/packet-text.ts';
import type { TracedPacketEvent } from '../control/agent.ts';
import { ControlClient } from '../control/client.ts';
import { bis } from '../testing/run-bis.ts';
import { openInstance } from '../testing/test-instance.ts';
import { matches, traceLines } from './trace-text.ts';

const base64 = (line: string): string => Buffer.from(parsePacket(line).octets).toString('base64');
const there = 'IPv4 172.21.112.1 > 10.170.160.1 ttl=64 df | UDP 40000 > 53 | "hello"';
const sent = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=63 | UDP 40000 > 53 | "hello"';

function event(more: Partial<TracedPacketEvent> = {}): TracedPacketEvent {
  const time = new Date(2026, 10, 23, 7, 8, 9, 45).getTime();
  const common = { time, to: 'IPv6', verdict: 'translated', packet: base64(there), offload: null } as const;
  return { ...common, sent: [base64(sent)], sentOffload: null, ...more };
}

const refused = event({ verdict: 'refused-no-mapping', sent: [] });

test('a packet is its line, and below it what was sent or why nothing was', (t) => {
  t.deepEqual(traceLines(event()), [`07:08:09.045  ${there}`, `              ${sent}`]);
  t.deepEqual(traceLines(refused), [`07:08:09.045  ${there}`, '              refused-no-mapping']);
});

test('words choose packets', (t) => {
  const rows: [string[], boolean, boolean][] = [
    [[], true, true],
    [['UDP'], true, true],
    [['2001:db8::9', '53'], true, false],
    [['10.170.160.1'], true, true],
    [['10.170.160'], false, false],
    [['refused'], false, true],
    [['TCP'], false, false],
  ];
  for (const [words, first, second] of rows) {
    t.is(matches(traceLines(event()), words), first, words.join(' '));
    t.is(matches(traceLines(refused), words), second, words.join(' '));
  }
});

test('packets come over the socket for as long as somebody listens', async (t) => {
  const { agent, runtimeDirectory: directory } = await openInstance(t);
  agent.state = 'up';
  agent.traced = [[event(), { lost: 3 }], [refused]];
  const ending = new AbortController();
  const got: unknown[] = [];
  for await (const each of new ControlClient(directory).trace(ending.signal)) {
    if (got.push(each) === 3) ending.abort();
  }
  t.deepEqual(got, [event(), { lost: 3 }, refused]);
  while (!agent.calls.includes('trace ended')) await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass('the agent was told that nobody listens');
});

test('the command prints what is chosen, and writes a capture that is one', async (t) => {
  const { agent, runtimeDirectory: directory } = await openInstance(t);
  agent.traced = [[event(), { lost: 3 }, refused]];
  const file = join(dirname(directory), 'out.pcap');
  const down = await bis('trace', '--runtime-dir', directory);
  t.deepEqual([down.code, down.stderr], [3, 'bis: bis is down: there are no packets\n']);
  agent.state = 'up';
  const { code, stdout, stderr } = await bis('trace', '--runtime-dir', directory, '--pcap', file, '--count', '2');
  t.deepEqual([code, stderr], [0, 'bis: 3 packets were too many and are left out\n']);
  t.is(stdout.split('\n').length, 5);
  t.is(readFileSync(file).length, 24 + 3 * 16 + 2 * (28 + 5) + 53);
  t.is((await bis('trace', 'refused', '--runtime-dir', directory, '--count', '1')).stdout.split('\n').length, 3);
  const json = await bis('trace', '--json', '--runtime-dir', directory, '--count', '1');
  t.deepEqual(JSON.parse(json.stdout), event());
});

test('S8: the public socket shows no packets', async (t) => {
  const { paths } = await openInstance(t);
  const { request } = await import('node:http');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request({ socketPath: paths.publicSocket, method: 'POST', path: '/v1/trace', agent: false });
    outgoing.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject);
    outgoing.end();
  });
  t.is(status, 404);
});
