/** One JSON line in, one out: the protocol of `bis translate` (docs/translate.md). */
import { Buffer } from 'node:buffer';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { type Outcome, PacketTranslator } from './packet-translator.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';

/** What a line asked for: an outcome of the packet at hand, or why there is none. */
export type Answer = { readonly id: unknown } & ({ readonly outcome: Outcome } | { readonly error: string });

/** Answers line by line; a line's configuration holds until another comes. */
export class JsonLines {
  #translator: PacketTranslator;
  #packet = new PacketBuffer();

  constructor(settings: Settings) {
    this.#translator = new PacketTranslator(settings);
  }

  /** The packet of the last line whose answer was an outcome. */
  get packet(): PacketBuffer {
    return this.#packet;
  }

  answer(line: string): Answer {
    let request: unknown;
    try {
      request = JSON.parse(line);
    } catch (error) {
      return { id: null, error: `The line is no JSON: ${(error as Error).message}` };
    }
    if (typeof request !== 'object' || request === null || Array.isArray(request)) {
      return { id: null, error: 'The line is no JSON object' };
    }
    const { id = null, packet, config } = request as { id?: unknown; packet?: unknown; config?: unknown };
    if (config != null) {
      // State begins anew with every configuration, also with an equal one.
      try {
        this.#translator = new PacketTranslator(readSettings(config));
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        return { id, error: `config: ${error.message}` };
      }
    }
    if (typeof packet !== 'string') return { id, error: 'packet must be text' };
    const fault = this.#take(packet);
    return fault === undefined ? { id, outcome: this.#translator.translate(this.#packet) } : { id, error: fault };
  }

  /** Puts a packet into the buffer. Returns what is wrong with its text. */
  #take(hex: string): string | undefined {
    const length = hex.length / 2;
    if (!Number.isInteger(length)) return 'packet must have two hexadecimal digits for each octet';
    if (length > this.#packet.bytes.length) this.#packet = new PacketBuffer(new Uint8Array(length));
    const { buffer, byteOffset } = this.#packet.bytes;
    if (Buffer.from(buffer, byteOffset).write(hex, 'hex') !== length) return 'packet must be hexadecimal digits';
    this.#packet.length = length;
    return undefined;
  }
}

/** An answer as JSON. */
export function formatAnswer(answer: Answer): string {
  if ('error' in answer) return JSON.stringify({ id: answer.id, error: answer.error });
  const { verdict, reason, out } = answer.outcome;
  const packets = out.map(({ to, octets }) => ({ to, packet: hexOf(octets) }));
  return JSON.stringify({ id: answer.id, verdict, reason, out: packets });
}

function hexOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}
