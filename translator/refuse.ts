/**
 * What an ICMP error of our own about a refused packet says (RFC 7915 §4, §4.1, §4.4, §5, §5.1, §5.4; RFC 792, RFC
 * 4443); `icmp-error.ts` writes it.
 */
import type { HeaderBuffer } from './header-buffer.ts';
import type { PathMtu } from './path-mtu.ts';
import { type Verdict, verdict } from './verdict.ts';
import * as icmpv4 from './wire/icmpv4.ts';
import * as icmpv6 from './wire/icmpv6.ts';

/** The error for an outcome, and the outcomes when it is sent and when the sender is told no more than it must. */
interface Answer {
  readonly type: number;
  readonly code: number;
  readonly said?: Verdict;
  readonly unsaid?: Verdict;
}

const { HOST, PROHIBITED, SOURCE_ROUTE_FAILED, FRAGMENTATION_NEEDED } = icmpv4.unreachable;
const unreachable4 = icmpv4.type.DESTINATION_UNREACHABLE;

const answers4 = new Map<Verdict, Answer>([
  [verdict['refused-time-exceeded'], { type: icmpv4.type.TIME_EXCEEDED, code: 0 }],
  [verdict['refused-packet-too-big'], { type: unreachable4, code: FRAGMENTATION_NEEDED }],
  [verdict['refused-no-mapping'], { type: unreachable4, code: HOST, unsaid: verdict['dropped-no-mapping'] }],
  [verdict['refused-prohibited'], { type: unreachable4, code: PROHIBITED, unsaid: verdict['dropped-no-mapping'] }],
  [
    verdict['refused-source-route'],
    { type: unreachable4, code: SOURCE_ROUTE_FAILED, unsaid: verdict['dropped-source-route'] },
  ],
  [
    verdict['dropped-zero-udp-checksum'],
    {
      type: unreachable4,
      code: PROHIBITED,
      said: verdict['refused-zero-udp-checksum'],
      unsaid: verdict['dropped-zero-udp-checksum'],
    },
  ],
]);

const answers6 = new Map<Verdict, Answer>([
  [verdict['refused-time-exceeded'], { type: icmpv6.type.TIME_EXCEEDED, code: 0 }],
  [verdict['refused-packet-too-big'], { type: icmpv6.type.PACKET_TOO_BIG, code: 0 }],
  [
    verdict['refused-no-mapping'],
    {
      type: icmpv6.type.DESTINATION_UNREACHABLE,
      code: icmpv6.unreachable.PROHIBITED,
      unsaid: verdict['dropped-no-mapping'],
    },
  ],
  [
    verdict['refused-routing-header'],
    {
      type: icmpv6.type.PARAMETER_PROBLEM,
      code: icmpv6.problem.HEADER_FIELD,
      unsaid: verdict['dropped-routing-header'],
    },
  ],
  [
    verdict['dropped-extension-in-fragment'],
    {
      type: icmpv6.type.DESTINATION_UNREACHABLE,
      code: icmpv6.unreachable.PROHIBITED,
      said: verdict['refused-extension-in-fragment'],
      unsaid: verdict['dropped-extension-in-fragment'],
    },
  ],
  [
    verdict['dropped-zero-udp-checksum'],
    {
      type: icmpv6.type.DESTINATION_UNREACHABLE,
      code: icmpv6.unreachable.PROHIBITED,
      said: verdict['refused-zero-udp-checksum'],
      unsaid: verdict['dropped-zero-udp-checksum'],
    },
  ],
]);

/**
 * Sets `out.refusal` for an outcome about an IPv4 packet; `parameter` is its second word, an MTU or 0. Returns the
 * outcome, which is another one where nothing is said; outcomes without an answer come back as they are.
 */
export function refuse4(outcome: Verdict, parameter: number, path: PathMtu, out: HeaderBuffer): Verdict {
  return refuse(answers4.get(outcome), outcome, parameter, path, out);
}

/** The same for an IPv6 packet; `parameter` is an MTU, a pointer or 0. */
export function refuse6(outcome: Verdict, parameter: number, path: PathMtu, out: HeaderBuffer): Verdict {
  return refuse(answers6.get(outcome), outcome, parameter, path, out);
}

function refuse(
  answer: Answer | undefined,
  outcome: Verdict,
  parameter: number,
  path: PathMtu,
  out: HeaderBuffer,
): Verdict {
  if (answer === undefined) return outcome;
  if (!path.icmpErrors && answer.unsaid !== undefined) return answer.unsaid;
  out.refusal.type = answer.type;
  out.refusal.code = answer.code;
  out.refusal.parameter = parameter;
  return answer.said ?? outcome;
}
