/** Translates a capture file: each packet at its time, what is sent about it at the same. */
import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { PacketBuffer } from '../../../translator/packet-buffer.ts';
import { otherText, outcomeText } from '../outcome-text.ts';
import { PacketTranslator } from '../packet-translator.ts';
import type { Settings } from '../settings.ts';
import { CaptureError, SNAP_LENGTH } from './format.ts';
import { linkLayer } from './link-layer.ts';
import { PcapReader } from './pcap-reader.ts';
import { PcapWriter } from './pcap-writer.ts';

export interface CaptureWork {
  readonly input: string;
  /** Where the capture of what is sent goes, if anywhere. */
  readonly output?: string;
  readonly settings: Settings;
  /** Takes the text of every packet, if it is wanted; the next packet waits for it. */
  readonly tell?: (lines: readonly string[]) => Promise<void>;
}

/** How many packets had each outcome, and how many were sent. */
export interface Tally {
  readonly reasons: ReadonlyMap<string, number>;
  readonly sent: number;
}

/** Does it. Throws a `CaptureError`; what came before the fault has been written. */
export async function translateCapture(work: CaptureWork): Promise<Tally> {
  const input = open(work.input, 'r');
  try {
    const reader = about(work.input, () => new PcapReader((into) => readSync(input, into)));
    const find = about(work.input, () => linkLayer(reader.linkType));
    if (work.output === undefined) return await translateAll(work, reader, find, undefined);
    const output = openOther(work.output, input);
    try {
      const { output: name } = work;
      const writer = new PcapWriter((octets) => writeAll(name, output, octets), reader.isNanosecond);
      try {
        return await translateAll(work, reader, find, writer);
      } finally {
        writer.flush();
      }
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

async function translateAll(
  { input, settings, tell }: CaptureWork,
  reader: PcapReader,
  find: ReturnType<typeof linkLayer>,
  writer: PcapWriter | undefined,
): Promise<Tally> {
  const translator = new PacketTranslator(settings);
  const packet = new PacketBuffer(new Uint8Array(SNAP_LENGTH));
  const reasons = new Map<string, number>();
  let sent = 0;
  while (about(input, () => reader.next())) {
    const { bytes, start, length } = reader;
    const header = find(bytes, start, length);
    if (typeof header === 'string') {
      reasons.set('no-packet', (reasons.get('no-packet') ?? 0) + 1);
      await tell?.(otherText(reader.count, header));
      continue;
    }
    packet.length = length - header;
    packet.bytes.set(bytes.subarray(start + header, start + length));
    const outcome = translator.translate(packet);
    reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
    sent += outcome.out.length;
    for (const { octets } of outcome.out) writer?.add(reader.seconds, reader.fraction, octets);
    if (tell !== undefined) await tell(outcomeText(reader.count, packet, outcome));
  }
  return { reasons, sent };
}

/** Opens the file that is written, unless it is the one that is read. */
function openOther(file: string, input: number): number {
  const { dev, ino } = fstatSync(input);
  const there = statSync(file, { throwIfNoEntry: false });
  if (there?.dev === dev && there.ino === ino) throw new CaptureError(`${file}: it is the file that is read`);
  return open(file, 'w');
}

function open(file: string, mode: 'r' | 'w'): number {
  try {
    return openSync(file, mode);
  } catch (error) {
    const what = mode === 'r' ? 'read' : 'written';
    throw new CaptureError(`${file}: cannot be ${what} (${(error as Error).message})`, { cause: error });
  }
}

function writeAll(name: string, file: number, octets: Uint8Array): void {
  try {
    for (let done = 0; done < octets.length; ) done += writeSync(file, octets, done);
  } catch (error) {
    throw new CaptureError(`${name}: cannot be written (${(error as Error).message})`, { cause: error });
  }
}

/** Says which file a fault is in. */
function about<Value>(file: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof CaptureError) throw new CaptureError(`${file}: ${error.message}`, { cause: error });
    // A folder can be opened, and a disk may fail.
    if (error instanceof Error && 'syscall' in error) {
      throw new CaptureError(`${file}: cannot be read (${error.message})`, { cause: error });
    }
    throw error;
  }
}
