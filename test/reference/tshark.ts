/**
 * tshark as a judge of packets: it shares no line with us. It reads a file of packets (`tshark -r`) and never listens to
 * a network.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MemoryTun } from '../../agent/data-plane/tun-memory.ts';
import { PcapTun } from '../../agent/data-plane/tun-pcap.ts';
import { PacketBuffer } from '../../translator/packet-buffer.ts';

/** What it says about one packet. The words are protocols, one for each header, those of quoted packets among them. */
export interface Judgement {
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  readonly isMalformed: boolean;
  /** Its remarks, for the message of a test that fails. */
  readonly remarks: string;
}

const protocols = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'] as const;
const fields = ['_ws.malformed', '_ws.expert.message', ...protocols.map((name) => `${name}.checksum.status`)];

/** Wireshark's `proto_checksum_enum_e`; others say that there was nothing to verify. */
const status = { BAD: '0', GOOD: '1' } as const;

/**
 * Judges every packet of a list. With `isReassembled` fragments are put together, and the last one stands for all of
 * them; identifications must differ then.
 */
export function judge(packets: readonly Uint8Array[], isReassembled: boolean): Judgement[] {
  return ask(packets, isReassembled, fields).map(readRow);
}

/**
 * What tshark reads in every packet: the values of `fields`, each as text, '' where a packet has no such field. `preferences`
 * are those of its that are not to be as `judge` has them.
 */
export function ask(
  packets: readonly Uint8Array[],
  isReassembled: boolean,
  fields: readonly string[],
  preferences: Readonly<Record<string, boolean>> = {},
): string[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'bis-tshark-'));
  try {
    const file = path.join(folder, 'packets.pcap');
    writeCapture(packets, file);
    const options = {
      'ip.check_checksum': true,
      'tcp.check_checksum': true,
      'udp.check_checksum': true,
      'ip.defragment': isReassembled,
      'ipv6.defragment': isReassembled,
      'tcp.analyze_sequence_numbers': false,
      'tcp.desegment_tcp_streams': false,
      ...preferences,
    };
    const argv = [
      ...['-n', '-r', file, '-T', 'fields'],
      // What a payload says is nobody's business: it would be malformed HTTP.
      ...['-d', 'tcp.port==0-65535,data', '-d', 'udp.port==0-65535,data'],
      ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}:${value ? 'TRUE' : 'FALSE'}`]),
      ...fields.flatMap((field) => ['-e', field]),
    ];
    // Without a home there are no preferences of the user's.
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
    const said = execFileSync('tshark', argv, {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    });
    const rows = said.split('\n').slice(0, -1);
    if (rows.length !== packets.length) throw new Error(`tshark read ${rows.length} of ${packets.length} packets`);
    return rows.map((row) => row.split('\t'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readRow([malformed = '', remarks = '', ...statuses]: readonly string[]): Judgement {
  const of = (wanted: string): string[] =>
    protocols.flatMap((name, index) =>
      (statuses[index] ?? '')
        .split(',')
        .filter((one) => one === wanted)
        .map(() => name),
    );
  return { right: of(status.GOOD), wrong: of(status.BAD), isMalformed: malformed !== '', remarks };
}

function writeCapture(packets: readonly Uint8Array[], file: string): void {
  const device = new MemoryTun();
  const recorder = new PcapTun(device, file);
  const packet = new PacketBuffer();
  for (const octets of packets) {
    device.put(octets);
    recorder.read(packet);
  }
  recorder.close();
  if (recorder.failure !== undefined) throw recorder.failure;
}

/** Whether it has nothing against a packet. */
export function isClean({ wrong, isMalformed }: Judgement): boolean {
  return wrong.length === 0 && !isMalformed;
}

/** The one transport checksum that was verified: right, wrong, or none because there were several, or nothing was. */
export function transportOf({ right, wrong }: Judgement): 'right' | 'wrong' | 'none' {
  const [good, bad] = [right, wrong].map((names) => names.filter((name) => name !== 'ip').length);
  return good === 1 && bad === 0 ? 'right' : good === 0 && bad === 1 ? 'wrong' : 'none';
}

/** A UDP length of 0 is that of a jumbogram in IPv6 (RFC 2675 §4) and wrong in IPv4; it passes as it is, both ways. */
export const JUMBO_IN_IPV4 = 'Bad length value 0 < 8';
