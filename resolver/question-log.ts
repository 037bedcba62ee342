/** One line for the log about a question, for those who switch it on (S12). Names are octets and come escaped (D10). */

import { outcomeOf } from './explain.ts';
import { flagsOf } from './message/header.ts';
import { formatName } from './message/name.ts';
import { formatRcode, formatType } from './message/types.ts';
import type { Question } from './question.ts';
import type { TraceEvent } from './trace.ts';

export interface QuestionLine {
  /** Printable ASCII (RFC 1035 §5.1); empty for messages without exactly one question. */
  readonly name: string;
  readonly type: string;
  readonly protocol: 'udp' | 'tcp';
  /** `NOERROR` …; `none` when nothing was said. */
  readonly rcode: string;
  /** What became of it: `synthesized (nodata/usable)`, `unmodified (usable/any)`, `passed` … */
  readonly outcome: string;
  readonly milliseconds: number;
}

/** `synthesized (nodata/usable)` for what the answer table decided, one word for all else. */
function outcomeText(events: readonly TraceEvent[]): string {
  const decided = events.find((event) => event.kind === 'decided');
  const row = decided === undefined ? '' : ` (${decided.a}/${decided.aaaa ?? 'any'})`;
  return `${outcomeOf(events)}${row}`;
}

export function questionLine(
  { message, arrival }: Question,
  events: readonly TraceEvent[],
  answer: Uint8Array | undefined,
  milliseconds: number,
): QuestionLine {
  return {
    name: message === undefined ? '' : formatName(message.name),
    type: message === undefined ? '' : formatType(message.type),
    protocol: arrival.protocol,
    rcode: answer === undefined ? 'none' : formatRcode(flagsOf(answer) & 15),
    outcome: outcomeText(events),
    milliseconds: Math.round(milliseconds * 10) / 10,
  };
}
