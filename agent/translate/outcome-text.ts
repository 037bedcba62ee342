/** What became of a packet, for people: its line, the verdict, and the lines of what is sent (`bis translate --text`). */

import type { PacketBuffer } from '../../translator/packet-buffer.ts';
import { formatPacket, formatPacketBuffer } from '../../translator/packet-text.ts';
import type { Outcome } from './packet-translator.ts';

/** The lines of one packet, its own first; `number` says which it is. */
export function outcomeText(number: number, packet: PacketBuffer, outcome: Outcome): string[] {
  return block(number, [
    formatPacketBuffer(packet),
    outcome.reason,
    ...outcome.out.map(({ octets }) => formatPacket(octets)),
  ]);
}

/** Something in the place of a packet, in words. */
export function otherText(number: number, text: string): string[] {
  return block(number, [text]);
}

/** Hangs a block on its number. */
function block(number: number, lines: readonly string[]): string[] {
  const hung = `${number}  `;
  return lines.map((line, index) => (index === 0 ? hung : ' '.repeat(hung.length)) + line);
}
