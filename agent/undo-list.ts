/** What has been done so far, so that it can be undone in reverse: the backbone of starting and stopping. */

/** How long one undoing may take before the next is begun, in milliseconds. */
const LONGEST_UNDOING_MILLISECONDS = 5000;

interface Undoing {
  readonly title: string;
  readonly undo: () => void | Promise<void>;
}

/** A list of undoings, each with the title of what it undoes. */
export class UndoList {
  readonly #undoings: Undoing[] = [];
  readonly #longestMilliseconds: number;

  constructor(longestMilliseconds = LONGEST_UNDOING_MILLISECONDS) {
    this.#longestMilliseconds = longestMilliseconds;
  }

  /** Notes how to undo what is about to be done, or was just done; `title` completes "Cannot …". */
  add(title: string, undo: () => void | Promise<void>): void {
    this.#undoings.push({ title, undo });
  }

  /**
   * Undoes everything, the last first, past what fails and past what does not end in time. Returns the failures.
   * Afterwards the list is empty.
   */
  async undoAll(): Promise<Error[]> {
    const failures: Error[] = [];
    for (let last = this.#undoings.pop(); last !== undefined; last = this.#undoings.pop()) {
      try {
        await this.#inTime(last);
      } catch (error) {
        failures.push(new Error(`Cannot ${last.title}`, { cause: error }));
      }
    }
    return failures;
  }

  async #inTime({ undo }: Undoing): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`It took longer than ${this.#longestMilliseconds / 1000} s`);
      timer = setTimeout(() => reject(error), this.#longestMilliseconds);
    });
    try {
      await Promise.race([undo(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
