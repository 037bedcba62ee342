/** A traced packet as a person reads it: the line of the packet, and below it what became of it. */
import { Offload } from '../../translator/packet-buffer.ts';
import { formatPacket } from '../../translator/packet-text.ts';
import type { TracedPacketEvent, TraceOffload } from '../control/agent.ts';
import { printable } from './text.ts';

/** The lines of a packet: when and what came, then what was sent, or why nothing was. */
export function traceLines({ time, verdict, packet, offload, sent, sentOffload }: TracedPacketEvent): string[] {
  const [came = '', ...left] = [
    line(packet, offload),
    ...(sent.length === 0 ? [verdict] : sent.map((each) => line(each, sentOffload))),
  ];
  return [`${clock(time)}  ${came}`, ...left.map((text) => `${' '.repeat(12)}  ${text}`)].map(printable);
}

/** Whether each word is one of the lines', or what one of them begins with in front of a hyphen. */
export function matches(lines: readonly string[], words: readonly string[]): boolean {
  const there = lines.flatMap((text) => text.split(/[\s|>,]+/));
  return words.every((word) => there.some((each) => each === word || each.startsWith(`${word}-`)));
}

function line(packet: string, offload: TraceOffload | null): string {
  return formatPacket(Buffer.from(packet, 'base64'), Object.assign(new Offload(), offload));
}

/** The time of day here, to the millisecond. */
function clock(time: number): string {
  const date = new Date(time);
  const two = (number: number): string => String(number).padStart(2, '0');
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${parts}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
