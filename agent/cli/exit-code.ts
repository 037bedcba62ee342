/** Exit statuses of every command: a contract with scripts, units and front ends. */

export const exitCode = {
  /** What was asked for is so. */
  DONE: 0,
  FAILED: 1,
  /** The command line or the configuration is wrong; trying again does not help. */
  USAGE: 2,
  /** No daemon is running; for `status` also: it runs and is not up. */
  NOT_RUNNING: 3,
  /** Up, but something is wrong that somebody should know. */
  DEGRADED: 4,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The end of every help text. */
export const exitCodeHelp = `
Exit status:
  0  done
  1  failed
  2  the command line or the configuration is wrong
  3  not running
  4  degraded: up, but not wholly; the reasons are printed`;
