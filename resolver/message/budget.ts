/** What a message may cost us, checked before anything else reads it: RFC 1035's limits, and ours where it has none. */

/** RFC 1035 §2.3.4, §4.2.2; octets. */
export const specified = { LABEL: 63, NAME: 255, MESSAGE: 65535, UDP_MESSAGE: 512 } as const;

/** Our own choices. An honest answer stays far below them: the longest chains in the wild have about ten links. */
export const budget = {
  /** Records looked at in one message; those behind are there, but we do not see them. */
  RECORDS: 256,
  /** Aliases followed from the question to the address. */
  ALIASES: 16,
  /** Compression pointers followed within one name: one per label would already be silly. */
  POINTERS: 127,
  /** The UDP size we offer and promise, octets: fits one IPv6 packet of minimum MTU (DNS flag day 2020). */
  UDP_OFFERED: 1232,
} as const;
