/**
 * The names of mappings, packed: a million strings would be twice as long, and the collector would have to look at each
 * of them again and again. Names lie in cells of 24 octets, as many as it takes, each of which knows the next.
 */

/** Names kept with a mapping; the oldest goes first. */
const MOST_NAMES = 8;
/** The longest name in presentation format that is kept, and all of them with what parts them. */
const LONGEST_NAME = 255;
const LONGEST = MOST_NAMES * (LONGEST_NAME + 1);

/** Octets of a cell, and cells that memory is taken for at once: 1.8 MB. */
const CELL = 24;
const PAGE = 1 << 16;
/** No cell: the first one is never used. */
const NONE = 0;
/** What stands between two names, and behind the last where a cell has room left. Names are of `!` to `~`. */
const BETWEEN = 0x20;
const END = 0;
const printable = { FIRST: 0x21, LAST: 0x7e } as const;

interface Page {
  readonly octets: Uint8Array;
  readonly next: Uint32Array;
}

/** Names by position. Those that are no names in presentation format (RFC 1035 §5.1) are not kept. */
export class PackedNames {
  /** The first cell of each position. */
  readonly #heads: Uint32Array;
  readonly #pages: Page[] = [];
  /** Cells that were used and are free, each of which knows the next; and the first that was never used. */
  #free = NONE;
  #fresh = NONE + 1;
  /** The names at hand, as they lie in the cells. */
  readonly #text = Buffer.alloc(LONGEST);

  constructor(size: number) {
    this.#heads = new Uint32Array(size);
  }

  /** The names of a position, the newest last. */
  get(position: number): readonly string[] {
    const length = this.#read(position);
    return length === 0 ? [] : this.#text.toString('latin1', 0, length).split(' ');
  }

  /** Keeps these and no others. */
  set(position: number, names: readonly string[]): void {
    this.clear(position);
    let end = 0;
    for (const name of names.filter(isName).slice(-MOST_NAMES)) end = this.#append(name, end);
    this.#write(position, end);
  }

  /** Adds a name as the newest, wherever it stood before. */
  add(position: number, name: string): void {
    if (!isName(name)) return;
    if (this.#heads[position] === NONE) {
      this.#write(position, this.#append(name, 0));
      return;
    }
    const length = this.#read(position);
    if (this.#isNewest(name, length)) return;
    this.set(position, [...this.get(position).filter((other) => other !== name), name]);
  }

  clear(position: number): void {
    let cell = this.#heads[position] as number;
    this.#heads[position] = NONE;
    while (cell !== NONE) {
      const { next } = this.#pageOf(cell);
      const following = next[cell % PAGE] as number;
      next[cell % PAGE] = this.#free;
      this.#free = cell;
      cell = following;
    }
  }

  /** Puts a name behind the first `end` octets at hand. Returns how many there are then. */
  #append(name: string, end: number): number {
    const text = this.#text;
    let at = end;
    if (at > 0) text[at++] = BETWEEN;
    for (let index = 0; index < name.length; index++) text[at++] = name.charCodeAt(index);
    return at;
  }

  /** Whether a name is the last of the first `length` octets at hand. */
  #isNewest(name: string, length: number): boolean {
    const from = length - name.length;
    if (from < 0 || (from > 0 && this.#text[from - 1] !== BETWEEN)) return false;
    for (let at = 0; at < name.length; at++) if (this.#text[from + at] !== name.charCodeAt(at)) return false;
    return true;
  }

  /** Takes the names of a position at hand. Returns how many octets they have. */
  #read(position: number): number {
    const text = this.#text;
    let length = 0;
    for (let cell = this.#heads[position] as number; cell !== NONE; ) {
      const { octets, next } = this.#pageOf(cell);
      const from = (cell % PAGE) * CELL;
      for (let at = 0; at < CELL; at++) {
        const octet = octets[from + at] as number;
        if (octet === END) return length;
        text[length++] = octet;
      }
      cell = next[cell % PAGE] as number;
    }
    return length;
  }

  /** Puts the first `length` octets at hand into cells of a position that has none. */
  #write(position: number, length: number): void {
    const text = this.#text;
    let before = NONE;
    for (let at = 0; at < length; at += CELL) {
      const cell = this.#take();
      const { octets, next } = this.#pageOf(cell);
      const from = (cell % PAGE) * CELL;
      for (let index = 0; index < CELL; index++) {
        octets[from + index] = at + index < length ? (text[at + index] as number) : END;
      }
      next[cell % PAGE] = NONE;
      if (before === NONE) this.#heads[position] = cell;
      else this.#pageOf(before).next[before % PAGE] = cell;
      before = cell;
    }
  }

  /** A cell that nobody uses. */
  #take(): number {
    const cell = this.#free;
    if (cell !== NONE) {
      this.#free = this.#pageOf(cell).next[cell % PAGE] as number;
      return cell;
    }
    if (this.#fresh >= this.#pages.length * PAGE) {
      this.#pages.push({ octets: new Uint8Array(PAGE * CELL), next: new Uint32Array(PAGE) });
    }
    return this.#fresh++;
  }

  #pageOf(cell: number): Page {
    return this.#pages[Math.floor(cell / PAGE)] as Page;
  }
}

function isName(text: string): boolean {
  if (text.length === 0 || text.length > LONGEST_NAME) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < printable.FIRST || code > printable.LAST) return false;
  }
  return true;
}
