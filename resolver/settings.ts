/** What of the resolver's behaviour is for the user to choose, and what it is when nobody has. */

export interface ResolverSettings {
  /** How long a missing A answer is waited for once there is a usable AAAA, milliseconds (RFC 6535 §2.3 "short"). */
  readonly waitForAMs: number;
  /** The longest a synthesized record may be kept by whoever asked, seconds. */
  readonly ttlCeilingSeconds: number;
  /** Without an IPv4 route: treat A answers as unusable where there is an AAAA, or pass them on all the same. */
  readonly whenNoIpv4: 'synthesize' | 'passthrough';
  /** Names, with all below them, that are never synthesized. Of several that match, the longest decides. */
  readonly never: readonly string[];
  /** Names, with all below them, whose AAAA is preferred even if there is an A. */
  readonly always: readonly string[];
  /** Whether browsers are told to keep using the host's resolver instead of DNS over HTTPS of their own. */
  readonly dohCanary: boolean;
  /** Address hints in SVCB and HTTPS records: leave them, or take them out so that addresses are asked for. */
  readonly svcbHints: 'keep' | 'strip';
  /** Answers of upstreams that are kept at most; 0 for none. */
  readonly cacheEntries: number;
}

export const defaultSettings: ResolverSettings = {
  waitForAMs: 250,
  ttlCeilingSeconds: 60,
  whenNoIpv4: 'synthesize',
  never: [],
  always: [],
  dohCanary: false,
  svcbHints: 'keep',
  cacheEntries: 4096,
};
