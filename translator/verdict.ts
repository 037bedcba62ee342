/** What became of a packet. One list of words serves the log, the counters, `bis status` and the tests. */

/**
 * Outcomes of translation, each with its number, which is also its slot among the counters. `translated` is the only
 * one with output; `refused-…` asks for an ICMP error of our own (described in `HeaderBuffer.refusal`), the rest are
 * dropped in silence. A literal, so that the packet path reads constants out of it; the numbers run from 0 without
 * gaps.
 */
export const verdict = {
  translated: 0,
  // Refused: the sender is told why (RFC 7915 §4.1, §4.4, §5.1, §5.4).
  'refused-time-exceeded': 1,
  'refused-packet-too-big': 2,
  'refused-no-mapping': 3,
  'refused-prohibited': 4,
  'refused-source-route': 5,
  'refused-routing-header': 6,
  'refused-extension-in-fragment': 7,
  'refused-zero-udp-checksum': 8,
  // Dropped: what cannot be read.
  'dropped-malformed': 9,
  'dropped-bad-header-checksum': 10,
  'dropped-bad-offload': 11,
  // Dropped: what must not be translated.
  'dropped-illegal-address': 12,
  'dropped-multicast': 13,
  'dropped-no-mapping': 14,
  'dropped-stranger': 15,
  'dropped-protocol': 16,
  'dropped-icmp-type': 17,
  'dropped-nested-error': 18,
  'dropped-fragmented-icmp': 19,
  'dropped-extension-in-fragment': 20,
  'dropped-zero-udp-checksum': 21,
  'dropped-too-long': 22,
  'dropped-source-route': 23,
  'dropped-routing-header': 24,
  // Dropped before translation: what would go round in circles.
  'dropped-loop': 25,
} as const;

/** The word for an outcome. */
export type VerdictName = keyof typeof verdict;

/** An outcome on the packet path: a value of `verdict`. */
export type Verdict = (typeof verdict)[VerdictName];

/** Whether an outcome asks for an ICMP error of our own. */
export function isRefused(outcome: Verdict): boolean {
  return outcome !== verdict.translated && outcome <= verdict['refused-zero-udp-checksum'];
}

/** The words by number. */
export const verdicts = Object.keys(verdict) as readonly VerdictName[];
