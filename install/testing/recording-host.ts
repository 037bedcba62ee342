/** A host that does nothing but keep a list of what it was asked to do. For tests only. */
import { CommandError, type Host } from '../host.ts';

export class RecordingHost implements Host {
  /** Commands as they would be typed, and writes as `PATH < TEXT`. */
  readonly done: string[] = [];
  readonly files: Map<string, string>;
  /** Symbolic links, by where they lead. */
  readonly links = new Map<string, string>();
  /** Commands that fail, by how they begin, with what they say. */
  readonly failing = new Map<string, string>();
  /** What commands print, by how they begin. */
  readonly output = new Map<string, string>();
  /** Directories that this process may not write in. */
  readonly closed = new Set<string>();

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.files = new Map(Object.entries(files));
  }

  async run(argv: readonly string[]): Promise<string> {
    const line = argv.join(' ');
    this.done.push(line);
    for (const [start, stderr] of this.failing) {
      if (line.startsWith(start)) throw new CommandError(argv, stderr, undefined);
    }
    return [...this.output].find(([start]) => line.startsWith(start))?.[1] ?? '';
  }

  readText(path: string): string | undefined {
    return this.files.get(path);
  }

  readLink(path: string): string | undefined {
    return this.links.get(path);
  }

  writeText(path: string, text: string): void {
    this.done.push(`${path} < ${text}`);
    this.files.set(path, text);
  }

  mayWriteIn(directory: string): boolean {
    return !this.closed.has(directory);
  }

  async forgetFlowsOf(prefix: string): Promise<void> {
    await this.run(['forget', 'the', 'flows', 'of', prefix]);
  }

  replaceFile(path: string, text: string, kept: string): void {
    this.files.set(kept, this.files.get(path) ?? '');
    this.writeText(path, text);
  }

  putBack(path: string, kept: string, ifBegins: string): void {
    const text = this.files.get(kept);
    this.files.delete(kept);
    if (text !== undefined && this.files.get(path)?.startsWith(ifBegins) === true) this.writeText(path, text);
  }
}
