/** The log: JSON lines on standard error (pino). Question names are not in it unless the level is `debug` (S12). */
import { type Logger, pino } from 'pino';
import type { LogConfig } from './config/config.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function createLog(config: LogConfig): Log {
  return pino(
    { level: config.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
