/**
 * Splits a packet line into layers, and a layer into words. Whatever is not understood is an error, never passed over.
 */

/** Splits at ` | ` outside of quotation marks. */
export function splitLayers(line: string): string[] {
  return line.match(/(?:"[^"]*"|[^|"])+/g)?.map((layer) => layer.trim()) ?? [];
}

/** The words of one layer, taken one by one; `end` complains about those that nobody took. */
export class Words {
  readonly #layer: string;
  readonly #words: string[];

  constructor(layer: string) {
    this.#layer = layer;
    this.#words = layer.split(/\s+/);
  }

  /** The next word. */
  next(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new Error(`Cannot read the layer "${this.#layer}": it ends too early`);
    return word;
  }

  /** The two ends of `A > B`. */
  ends(): [string, string] {
    const from = this.next();
    if (this.next() !== '>') throw new Error(`Cannot read the layer "${this.#layer}": not "A > B"`);
    return [from, this.next()];
  }

  /** Whether a word is there. */
  has(word: string): boolean {
    const index = this.#words.indexOf(word);
    if (index >= 0) this.#words.splice(index, 1);
    return index >= 0;
  }

  /** What follows `name=` (or `name` and another separator), if it is there. */
  text(name: string, separator = '='): string | undefined {
    const index = this.#words.findIndex((word) => word.startsWith(name + separator));
    return index < 0 ? undefined : this.#words.splice(index, 1)[0]?.slice(name.length + separator.length);
  }

  /** The number after `name=`, decimal or `0x…`; `usual` if it is not there. */
  number(name: string, usual: number, separator = '='): number {
    const text = this.text(name, separator);
    return text === undefined ? usual : toNumber(text);
  }

  /** Takes the first word that matches, if one does. */
  match(pattern: RegExp): string | undefined {
    const index = this.#words.findIndex((word) => pattern.test(word));
    return index < 0 ? undefined : this.#words.splice(index, 1)[0];
  }

  end(): void {
    if (this.#words.length > 0) throw new Error(`Cannot read "${this.#words.join(' ')}" in the layer "${this.#layer}"`);
  }
}

/** Reads a number, decimal or hexadecimal with `0x`; throws for anything else. */
export function toNumber(text: string): number {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new Error(`Cannot read "${text}": not a number`);
  return Number(text);
}
