/** What `bis doctor` found: one line each, with what to do where something is to be done. As JSON a contract: only added to. */

export interface Finding {
  /** Stable, for programs. */
  readonly code: string;
  /** `pass`: as it should be. `warn`: it works, but not wholly. `fail`: it cannot work like this. */
  readonly state: 'pass' | 'warn' | 'fail';
  /** What was seen, or concluded: a sentence. */
  readonly text: string;
  /** What to do about it; a command where there is one. */
  readonly advice?: string;
}

export function pass(code: string, text: string): Finding {
  return { code, state: 'pass', text };
}

export function warn(code: string, text: string, advice?: string): Finding {
  return { code, state: 'warn', text, ...(advice === undefined ? {} : { advice }) };
}

export function fail(code: string, text: string, advice?: string): Finding {
  return { code, state: 'fail', text, ...(advice === undefined ? {} : { advice }) };
}
