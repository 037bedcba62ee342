/** Messages over TCP: each after two octets that say its length (RFC 1035 §4.2.2, RFC 7766 §8). */
import { specified } from './budget.ts';
import { putUint16 } from './header.ts';

/** `message` as it goes over TCP, in one piece, so that it leaves in one segment (RFC 7766 §8). */
export function framed(message: Uint8Array): Uint8Array {
  if (message.length > specified.MESSAGE) throw new RangeError('Cannot frame a message of more than 65535 octets');
  const octets = new Uint8Array(2 + message.length);
  putUint16(octets, 0, message.length);
  octets.set(message, 2);
  return octets;
}

/** Puts messages together from what a connection brings, in whatever pieces; each octet is copied once. */
export class FrameReader {
  #lengthOctets = 0;
  #length = 0;
  #message: Uint8Array | undefined;
  #filled = 0;

  /** The messages that `chunk` completes. */
  push(chunk: Uint8Array): Uint8Array[] {
    const complete: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#message === undefined) {
        this.#length = (this.#length << 8) | (chunk[at++] ?? 0);
        if (++this.#lengthOctets < 2) continue;
        this.#message = new Uint8Array(this.#length);
      } else {
        const piece = chunk.subarray(at, at + this.#message.length - this.#filled);
        this.#message.set(piece, this.#filled);
        this.#filled += piece.length;
        at += piece.length;
      }
      if (this.#filled === this.#message.length) {
        complete.push(this.#message);
        this.#message = undefined;
        this.#length = this.#lengthOctets = this.#filled = 0;
      }
    }
    return complete;
  }
}
