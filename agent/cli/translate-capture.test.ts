/** `bis translate --pcap`, as a process. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { formatPacket, parsePacket } from '../../translator/packet-text.ts';
import { bis } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';
import { PcapReader } from '../translate/capture/pcap-reader.ts';
import { PcapWriter } from '../translate/capture/pcap-writer.ts';
import { config, expired, line4, line4Back, line6, multicast } from '../translate/fixture/examples.ts';

/** Writes a capture of raw packets. */
function writeCapture(file: string, lines: readonly string[]): void {
  const parts: Uint8Array[] = [];
  const writer = new PcapWriter((part) => parts.push(part.slice()), true);
  for (const [index, text] of lines.entries()) writer.add(1_700_000_000 + index, 123_456_789, parsePacket(text).octets);
  writer.flush();
  writeFileSync(file, Buffer.concat(parts));
}

function readCapture(file: string): string[] {
  const octets = readFileSync(file);
  let at = 0;
  const reader = new PcapReader((into) => {
    const read = octets.copy(into, 0, at);
    at += read;
    return read;
  });
  const lines: string[] = [];
  while (reader.next()) {
    const { seconds, fraction, start: from, length } = reader;
    lines.push(`${seconds}.${fraction} ${formatPacket(reader.bytes.slice(from, from + length))}`);
  }
  return lines;
}

test('--pcap translates one capture into another, each packet at its time', async (t) => {
  const directory = temporaryDirectory(t);
  const [input, output, file] = ['in.pcap', 'out.pcap', 'config.json'].map((name) => join(directory, name));
  writeCapture(input as string, [line4, multicast, line6, expired]);
  writeFileSync(file as string, JSON.stringify(config));
  const options = ['--pcap', input as string, output as string, '--config', file as string];
  t.deepEqual(await bis('translate', ...options), {
    code: 0,
    stdout: '2 translated\n1 dropped-multicast\n1 refused-time-exceeded\n3 packets sent\n',
    stderr: '',
  });
  const sent = readCapture(output as string);
  t.is(sent[0], `1700000000.123456789 ${line6}`);
  t.is(sent[1], `1700000002.123456789 ${line4Back}`);
  t.regex(sent[2] ?? '', /^1700000003\.123456789 IPv4 192\.0\.2\.254 > 192\.0\.2\.1 /);
  t.is(sent.length, 3);
  const text = await bis('translate', '--text', '--pcap', input as string, '--config', file as string);
  t.is(text.code, 0);
  t.true(text.stdout.startsWith(`1  ${line4}\n   translated\n   ${line6}\n2  ${multicast}\n   dropped-multicast\n`));
});

test('captures that cannot be used are named, with why', async (t) => {
  const directory = temporaryDirectory(t);
  const [input, damaged, output] = ['in.pcap', 'damaged.pcap', 'out.pcap'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeCapture(input, [line4, line4]);
  writeFileSync(damaged, readFileSync(input).subarray(0, -1));
  const rows: [string[], string][] = [
    [
      ['/nonexistent', output],
      "bis: /nonexistent: cannot be read (ENOENT: no such file or directory, open '/nonexistent')\n",
    ],
    [[directory, output], `bis: ${directory}: cannot be read (EISDIR: illegal operation on a directory, read)\n`],
    [[input, input], `bis: ${input}: it is the file that is read\n`],
    [[input, '/dev/full'], 'bis: /dev/full: cannot be written (ENOSPC: no space left on device, write)\n'],
    [[damaged, output], `bis: ${damaged}: it ends in record 2\n`],
  ];
  for (const [files, stderr] of rows) {
    t.deepEqual(await bis('translate', '--pcap', ...files), { code: 1, stdout: '', stderr });
  }
  t.is(readCapture(output).length, 0, 'nothing is mapped without a configuration');
  t.is(readCapture(input).length, 2, 'the file that is read is as it was');
});
