/** Reads what ava prints with `--tap` (Test Anything Protocol 13): how many tests held, and the words of those that did not. */

/** What a run of tests came to. */
export interface Tally {
  readonly passed: number;
  /** One text per failure, as it is to be shown. */
  readonly failures: readonly string[];
}

/**
 * Counts the tests in `text`. A skipped test and one still to be written are failures: a gate that lets them through
 * says something was tested when it was not.
 */
export function readTap(text: string): Tally {
  let passed = 0;
  const failures: string[] = [];
  let open: string[] | undefined;
  for (const line of text.split('\n')) {
    const outcome = /^(not )?ok \d+(?: - (.*))?$/.exec(line);
    if (outcome !== null) {
      open = undefined;
      const isUndone = / # (skip|to-?do)\b/i.test(` ${outcome[2] ?? ''}`);
      if (outcome[1] === undefined && !isUndone) passed++;
      else {
        open = [isUndone ? `not run: ${outcome[2]}` : `failed: ${outcome[2]}`];
        failures.push('');
      }
    } else if (/^(1\.\.\d+|# (tests|pass|fail|skip|todo) \d+|TAP version \d+|---tty-stream.*)$/.test(line)) {
      open = undefined;
    } else {
      open?.push(line);
    }
    if (open !== undefined) failures[failures.length - 1] = open.join('\n').trimEnd();
  }
  return { passed, failures };
}

/**
 * Those of `files`, of the lab, that failures come from: with several files ava begins every title with the path, less
 * what they have in common, `deep › b.lab › …`.
 */
export function filesOf(failures: readonly string[], files: readonly string[]): string[] {
  const named = failures.flatMap((failure) => /^failed: (.*?\.lab) › /.exec(failure)?.[1] ?? []);
  const endings = named.map((name) => `/${name.replaceAll(' › ', '/')}.test.ts`);
  return files.filter((file) => endings.some((ending) => `/${file}`.endsWith(ending)));
}
