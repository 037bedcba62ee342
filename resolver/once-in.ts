/** Keeps what is said again and again out of the log. */
import type { Clock } from './clock.ts';

/** Lets a line through to `report` at most every `milliseconds`. */
export function onceIn(milliseconds: number, clock: Clock, report: (line: string) => void): (line: string) => void {
  const last = new Map<string, number>();
  return (line) => {
    const before = last.get(line);
    if (before !== undefined && clock.now() - before < milliseconds) return;
    last.set(line, clock.now());
    report(line);
  };
}
