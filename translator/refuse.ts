/** Says what an ICMP error of our own about a refused packet would say (RFC 792, RFC 4443); `icmp-error.ts` writes it. */
import type { HeaderBuffer } from './header-buffer.ts';
import type { Verdict } from './verdict.ts';

/** Sets `out.refusal` and returns `outcome`. Numbers are of the packet's own family; `parameter` is an MTU, a pointer or 0. */
export function refuse(out: HeaderBuffer, outcome: Verdict, type: number, code: number, parameter: number): Verdict {
  out.refusal.type = type;
  out.refusal.code = code;
  out.refusal.parameter = parameter;
  return outcome;
}
