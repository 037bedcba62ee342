/** What can go wrong between the control socket and those who use it, told apart by `code`. */

export type ControlErrorCode =
  /** Another daemon serves this runtime directory. */
  | 'already-running'
  /** Something that is not ours stands where a file of ours belongs. */
  | 'in-the-way'
  /** The runtime directory cannot be used: permissions, owner, length. */
  | 'unusable-directory'
  /** No daemon answers. */
  | 'not-running'
  /** A daemon answers, but it serves another network namespace than this one. */
  | 'other-namespace'
  /** A daemon may be running, but this user may not talk to it. */
  | 'forbidden'
  /** The daemon answered that what it was asked is not what it should be: asking again does not help. */
  | 'bad-request'
  /** The daemon answered that it could not, or did not answer in time or in words we know. */
  | 'failed';

/** An error whose `message` is one sentence for the person at the terminal. */
export class ControlError extends Error {
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ControlError';
    this.code = code;
  }
}

/** The word for what went wrong, the system's (`EACCES`) or one of ours, or `undefined`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
