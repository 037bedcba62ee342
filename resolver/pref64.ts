/**
 * The network's NAT64 prefixes, asked of each server (RFC 7050 §3): a DNS64 answers AAAA questions for ipv4only.arpa
 * with prefix and well-known IPv4 address in one. What a server says counts for the answers of lists it is in, and
 * nowhere else.
 */
import { parseIpv4 } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, ipv6FromOctets } from '../mapper/address/ipv6.ts';
import { formatIpv6Prefix, type Ipv6Prefix, ipv6Prefix } from '../mapper/address/prefix.ts';
import { EmbeddedMap } from '../mapper/embedded-map.ts';
import { type Clock, sleep } from './clock.ts';
import { followAliases } from './message/alias-chain.ts';
import { RCODE, TYPE } from './message/constants.ts';
import { rcodeOf, readMessage } from './message/message.ts';
import { type Name, parseName } from './message/name.ts';
import { writeQuestion } from './message/write.ts';
import type { Exchange } from './upstream/exchange.ts';
import { type Upstream, upstreamName } from './upstream/upstream.ts';

/** RFC 7050 §8.2, RFC 6052 §2.2. */
const wellKnown = { NAME: 'ipv4only.arpa', ADDRESSES: ['192.0.0.170', '192.0.0.171'].map(parseIpv4) } as const;
const lengths = [32, 40, 48, 56, 64, 96] as const;

/** Our own choices. */
const choice = {
  /** Milliseconds for an answer. */
  PATIENCE: 2000,
  /** Milliseconds that a synthesis waits for the first answer of a server. */
  FIRST: 1000,
  /** Seconds after which a server is asked again, at the least and at the most, whatever its TTL. */
  SOONEST: 60,
  LATEST: 3600,
  /** Prefixes believed of one server. A real network has one or two. */
  PREFIXES: 8,
} as const;

const QUESTION = writeQuestion(parseName(wellKnown.NAME) as Name, TYPE.AAAA, false);

/** The prefixes that `address` may have been made with: those after which a well-known address stands (§3). */
export function prefixesIn(address: Ipv6Address): Ipv6Prefix[] {
  // Bits 64 to 71 are zero in every address of every layout (RFC 6052 §2.2).
  if (address.w2 >>> 24 !== 0) return [];
  return lengths
    .map((length) => ipv6Prefix(address, length))
    .filter((prefix) => {
      const embedded = new EmbeddedMap(prefix).toIpv4(address);
      return wellKnown.ADDRESSES.some((known) => known === embedded);
    });
}

interface Said {
  readonly prefixes: readonly Ipv6Prefix[];
  readonly ttlSeconds: number;
}

/** What a server says; `undefined` if it says nothing that counts. */
function readAnswer(answer: Uint8Array | undefined): Said | undefined {
  const message = answer && readMessage(answer);
  if (answer === undefined || message === undefined) return undefined;
  const rcode = rcodeOf(message);
  if (rcode !== RCODE.NoError && rcode !== RCODE.NXDomain) return undefined;
  const records = followAliases(message, TYPE.AAAA)?.records ?? [];
  const found = records.flatMap(({ data }) => prefixesIn(ipv6FromOctets(answer, data)));
  const distinct = new Map(found.map((prefix) => [formatIpv6Prefix(prefix), prefix]));
  return {
    prefixes: [...distinct.values()].slice(0, choice.PREFIXES),
    ttlSeconds: records.length === 0 ? choice.LATEST : Math.min(...records.map(({ ttlSeconds }) => ttlSeconds)),
  };
}

interface Known {
  prefixes: readonly Ipv6Prefix[];
  /** Of `clock.now()` and of `clock.timeOfDay()`, which goes on while the host sleeps. */
  until: number;
  untilOfDay: number;
  /** While the server is being asked. */
  asking: Promise<void> | undefined;
  /** Whether it was ever asked to the end. */
  isKnown: boolean;
}

export interface Pref64 {
  /** Asks a server, now. */
  look(upstream: Upstream): void;
  /** Forgets all servers but these. */
  keep(upstreams: readonly Upstream[]): void;
  /** Resolves when it is known what the servers say, or after a second; `undefined` if that is so already. */
  ready(upstreams: readonly Upstream[], signal: AbortSignal): Promise<void> | undefined;
  /** What these say. Servers whose answer has become old are asked again meanwhile. */
  of(upstreams: readonly Upstream[]): readonly Ipv6Prefix[];
}

export function learnPref64({ ask, clock }: { readonly ask: Exchange; readonly clock: Clock }): Pref64 {
  const servers = new Map<string, Known>();
  const knownOf = (upstream: Upstream): Known | undefined => servers.get(upstreamName(upstream));

  async function askNow(upstream: Upstream, known: Known): Promise<void> {
    const over = new AbortController();
    const callOff = clock.after(choice.PATIENCE, () => over.abort());
    const said = readAnswer(await ask(QUESTION, upstream, 'either', over.signal));
    callOff();
    // Who is silent may still have the prefix it had; who answers without it has none.
    if (said !== undefined) known.prefixes = said.prefixes;
    const seconds = Math.min(choice.LATEST, Math.max(choice.SOONEST, said?.ttlSeconds ?? 0));
    known.until = clock.now() + seconds * 1000;
    known.untilOfDay = clock.timeOfDay() + seconds * 1000;
    known.isKnown = true;
    known.asking = undefined;
  }

  function look(upstream: Upstream): void {
    const fresh: Known = { prefixes: [], until: 0, untilOfDay: 0, asking: undefined, isKnown: false };
    const known = knownOf(upstream) ?? fresh;
    servers.set(upstreamName(upstream), known);
    known.asking ??= askNow(upstream, known);
  }

  return {
    look,
    keep(upstreams) {
      const names = new Set(upstreams.map(upstreamName));
      for (const name of servers.keys()) if (!names.has(name)) servers.delete(name);
    },
    ready(upstreams, signal) {
      const first = upstreams.map(knownOf).filter((known) => known?.isKnown === false);
      if (first.length === 0) return undefined;
      const over = new AbortController();
      const asked = Promise.all(first.map((known) => known?.asking)).then(() => over.abort());
      signal.addEventListener('abort', () => over.abort(), { once: true, signal: over.signal });
      return Promise.race([asked, sleep(clock, choice.FIRST, over.signal)]);
    },
    of(upstreams) {
      return upstreams.flatMap((upstream) => {
        const known = knownOf(upstream);
        if (known === undefined) return [];
        const isOld = clock.now() >= known.until || clock.timeOfDay() >= known.untilOfDay;
        if (known.isKnown && isOld) look(upstream);
        return known.prefixes;
      });
    },
  };
}
