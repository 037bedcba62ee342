/** Sysctls of one digit that are looked at all the time. */
import { KeptOpen } from './kept-open.ts';

const ZERO = '0'.charCodeAt(0);

export class LookedAtFlags {
  readonly #files = new Map<string, KeptOpen>();

  /** Whether it is there and 0. */
  isZero(path: string): boolean {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new KeptOpen(path);
      this.#files.set(path, file);
    }
    return file.read()?.[0] === ZERO;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
