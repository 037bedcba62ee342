/** What has been done so far, so that it can be undone in reverse: the backbone of starting and stopping. */

/** A list of undoings, each with the title of what it undoes. */
export class UndoList {
  readonly #undoings: { title: string; undo: () => void | Promise<void> }[] = [];

  /** Notes how to undo what was just done; `title` completes "Cannot undo: …". */
  add(title: string, undo: () => void | Promise<void>): void {
    this.#undoings.push({ title, undo });
  }

  /** Undoes everything, the last first, past what fails. Returns the failures. Afterwards the list is empty. */
  async undoAll(): Promise<Error[]> {
    const failures: Error[] = [];
    for (let last = this.#undoings.pop(); last !== undefined; last = this.#undoings.pop()) {
      try {
        await last.undo();
      } catch (error) {
        failures.push(new Error(`Cannot undo: ${last.title}`, { cause: error }));
      }
    }
    return failures;
  }
}
