/** What is told about mappings, as JSON: part of the contract that `agent.ts` describes. */

/** One mapping, one line of `bis mappings`. */
export interface MappingRow {
  readonly ipv4: string;
  readonly ipv6: string;
  /**
   * Names that were asked for, in DNS presentation format: printable ASCII only, other octets as `\DDD`, dots and
   * backslashes inside a label as `\.` and `\\` (RFC 1035 §5.1), no dot at the end.
   */
  readonly names: readonly string[];
  /** Seconds since it was assigned. */
  readonly ageSeconds: number;
  /** Seconds for which an answer still promises it; 0 when none does. */
  readonly promisedForSeconds: number;
  /** Seconds since a packet used it; `null` when none did. */
  readonly lastPacketSecondsAgo: number | null;
  /** Held mappings are `promised` or `live`; `idle` ones may be recycled. */
  readonly state: 'promised' | 'live' | 'idle';
  /** Translated packets and their octets, both ways together. */
  readonly packets: number;
  readonly octets: number;
  /** Whether a packet from the peer made it, and no answer has promised it so far. */
  readonly isStranger: boolean;
}

/** One explicit mapping, one line of `bis map list`. */
export interface ExplicitRow {
  /** Address or prefix. */
  readonly ipv4: string;
  /** Address or prefix; `null` as long as the name has none. */
  readonly ipv6: string | null;
  /** The name whose address it follows. */
  readonly name: string | null;
  /** Whether it comes from the configuration. */
  readonly isConfigured: boolean;
  /** One that is waiting would take over a mapping that is held; or the daemon is down. */
  readonly state: 'active' | 'waiting' | 'unresolved';
}

/** What came of a flush; counts are of mappings. */
export interface FlushResult {
  readonly removed: number;
  /** Those that stay because somebody may rely on them. */
  readonly spared: number;
  /** Programs of this host whose caches the daemon may not flush: they may know old answers for a while. */
  readonly unflushed: readonly string[];
}
