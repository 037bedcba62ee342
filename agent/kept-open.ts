/**
 * Files of one digit, such as sysctls, that are looked at again and again: they are kept open, so that a look is one system
 * call instead of four.
 */
import { closeSync, openSync, readSync } from 'node:fs';

export class KeptOpen {
  readonly #descriptors = new Map<string, number>();
  readonly #octet = new Uint8Array(1);

  /** The first character of a file; `undefined` when there is none, or it cannot be read. */
  first(path: string): string | undefined {
    // What was opened may have gone with its interface, and another may be there in its place.
    return this.#read(path) ?? this.#read(path);
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  #read(path: string): string | undefined {
    let descriptor = this.#descriptors.get(path);
    try {
      descriptor ??= openSync(path, 'r');
      this.#descriptors.set(path, descriptor);
      if (readSync(descriptor, this.#octet, 0, 1, 0) === 1) return String.fromCharCode(this.#octet[0] ?? 0);
    } catch {
      // Below.
    }
    if (descriptor !== undefined) closeSync(descriptor);
    this.#descriptors.delete(path);
    return undefined;
  }
}
