/** Captures of ours are read by tcpdump, and tcpdump's by us: two programs that agree about the format. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parsePacket } from '../../../translator/packet-text.ts';
import { launcher, run } from '../../testing/run-bis.ts';
import { temporaryDirectory } from '../../testing/test-instance.ts';
import { config, line4, line6 } from '../fixture/examples.ts';

/** What tcpdump prints of a capture. */
const print = (capture: Uint8Array): string =>
  execFileSync('tcpdump', ['-nn', '-t', '-vv', '-r', '-'], { input: capture, encoding: 'utf8', stdio: 'pipe' });

test('tcpdump reads what bis translate --pcap writes, and finds every checksum right', async (t) => {
  const directory = temporaryDirectory(t);
  const [hexFile, input, output, file] = ['in.txt', 'in.pcap', 'out.pcap', 'config.json'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  const octets = [line4, line6].map((line) => parsePacket(line).octets);
  // text2pcap comes with tshark: an Ethernet header is put in front of each packet.
  const dump = octets.map((packet) => `0000 ${Buffer.from(packet).toString('hex').replace(/../g, '$& ')}\n`);
  for (const [index, type] of ['0x800', '0x86dd'].entries()) {
    writeFileSync(hexFile, dump[index] ?? '');
    execFileSync('text2pcap', ['-q', '-F', 'pcap', '-e', type, hexFile, input], { stdio: 'pipe' });
    t.regex(print(readFileSync(input)), index === 0 ? /192\.0\.2\.1\.1 > 203\.0\.113\.1\.2/ : /^IP6 /);
    writeFileSync(file, JSON.stringify(config));
    const { code, stderr } = await run([launcher, 'translate', '--pcap', input, output, '--config', file]);
    t.is(stderr, '');
    t.is(code, 0);
    const printed = print(readFileSync(output));
    t.regex(
      printed,
      index === 0 ? /2001:db8:64::c000:201\.1 > 2001:db8:64::cb00:7101\.2/ : /192\.0\.2\.1\.1 > 203\.0\.113\.1\.2/,
    );
    t.regex(printed, /\[udp sum ok\]/);
  }
});
