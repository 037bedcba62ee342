/** What became of a packet. One list of words serves the log, the counters, `bis status` and the tests. */

/**
 * Outcomes of translation. `translated` is the only one with output; `refuse…` asks for an ICMP error of our own
 * (described in `HeaderBuffer.refusal`), the rest are dropped in silence and counted.
 */
export const verdicts = [
  'translated',
  // Refused: the sender is told why (RFC 7915 §4.1, §4.4, §5.1, §5.4).
  'refused-time-exceeded',
  'refused-packet-too-big',
  'refused-no-mapping',
  // Dropped: what cannot be read.
  'dropped-malformed',
  'dropped-bad-header-checksum',
  'dropped-bad-offload',
  // Dropped: what must not be translated.
  'dropped-illegal-address',
  'dropped-no-mapping',
  'dropped-multicast',
  'dropped-loop',
  'dropped-not-forwardable-protocol',
  'dropped-icmp-type',
  'dropped-fragmented-icmp',
  'dropped-zero-udp-checksum',
] as const;

/** The word for an outcome. */
export type VerdictName = (typeof verdicts)[number];

/** An outcome on the packet path: the index of its word in `verdicts`, which is also its slot among the counters. */
export type Verdict = number;

/** The outcome of a word: `verdict['dropped-malformed']`. */
export const verdict = Object.fromEntries(verdicts.map((name, index) => [name, index])) as Record<VerdictName, Verdict>;
