/** `bis trace`: packets on both sides of the bump as they are handled, a line each. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { TraceEvent } from '../control/agent.ts';
import { absolute, asJson, complain, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

const about = `
Prints packets as they are handled: what came, what became of it, and what was sent in its place, until it is interrupted.
Words choose packets: each has to be one of the words of the lines, or the beginning of one before a hyphen, as in
'bis trace 10.170.160.1 UDP' and 'bis trace dropped'. Nothing is slowed while nobody watches; when there is too much to
show, packets are left out and counted.`;

interface TraceOptions extends InstanceOptions {
  readonly json?: true;
  readonly pcap?: string;
  readonly count?: number;
}

export function addTrace(program: Command): void {
  instanceCommand(program, 'trace', 'show packets on both sides of the bump', about)
    .argument('[words...]', 'show only packets whose lines have all of these words')
    .option(
      '--pcap <file>',
      'write the packets to a capture file too, those that came and those that were sent',
      absolute,
    )
    .option('--count <packets>', 'end after so many packets', wholeNumber)
    .addOption(asJson())
    .action((words: string[], options: TraceOptions) => finish(() => trace(words, options)));
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of packets, 1 or more.');
}

async function trace(words: readonly string[], { runtimeDir, json, pcap, count }: TraceOptions): Promise<ExitCode> {
  const { ControlClient } = await import('../control/client.ts');
  const { traceLines, matches } = await import('./trace-text.ts');
  const client = new ControlClient(runtimeDir);
  const { state } = await client.status();
  if (state !== 'up' && state !== 'degraded') {
    complain(`bis is ${state}: there are no packets`);
    return exitCode.NOT_RUNNING;
  }
  const capture = pcap === undefined ? undefined : await openCapture(pcap);
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  let shown = 0;
  for await (const event of client.trace(ending.signal)) {
    if ('lost' in event) {
      complain(`${event.lost} packets were too many and are left out`);
      continue;
    }
    const lines = traceLines(event);
    if (!matches(lines, words)) continue;
    print(json ? [JSON.stringify(event)] : lines);
    capture?.add(event);
    if (++shown === count) break;
  }
  ending.abort();
  capture?.close();
  return exitCode.DONE;
}

/** A capture file that takes traced packets, each with what was sent in its place. */
async function openCapture(path: string): Promise<{ add(event: TraceEvent): void; close(): void }> {
  const { PcapWriter } = await import('../translate/capture/pcap-writer.ts');
  const { ControlError } = await import('../control/control-error.ts');
  let descriptor: number;
  try {
    descriptor = openSync(path, 'w', 0o600);
  } catch (cause) {
    throw new ControlError('failed', `Cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
  const writer = new PcapWriter((octets) => void writeSync(descriptor, octets), false);
  return {
    add(event) {
      if ('lost' in event) return;
      const seconds = Math.floor(event.time / 1000);
      const microseconds = Math.floor((event.time - seconds * 1000) * 1000);
      for (const packet of [event.packet, ...event.sent])
        writer.add(seconds, microseconds, Buffer.from(packet, 'base64'));
      writer.flush();
    },
    close() {
      writer.flush();
      closeSync(descriptor);
    },
  };
}
