/** The log: JSON lines on standard error (pino). Names that were asked for are in it only with `logQuestions` (S12). */
import { type Logger, pino } from 'pino';
import type { LogConfig } from './config/config.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** What is kept of lines that could not be written yet, in octets; over it, lines are lost. */
const MOST_UNWRITTEN = 64 * 1024;

/** A log on a descriptor. Lines that cannot be written, on a full disk for one, are lost and nothing else (S12). */
export function createLog(config: LogConfig, descriptor = 2): Log {
  const destination = pino.destination({ dest: descriptor, sync: true, maxLength: MOST_UNWRITTEN });
  destination.on('error', () => {});
  return pino({ level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
