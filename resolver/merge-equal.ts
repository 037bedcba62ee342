/** Lets equal questions share one answer while it is being fetched (D2): fewer sockets, and fewer chances to forge one. */
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Handler } from './question.ts';
import type { Upstream } from './upstream/upstream.ts';

/**
 * Our own choice, milliseconds. An equal question after this is no coincidence but a client's second try, and if a
 * datagram of ours was lost, only asking again helps.
 */
const JOINABLE_MS = 900;

interface Flight {
  readonly since: number;
  readonly answer: Promise<Uint8Array | undefined>;
}

/** Equal: every octet but the ID, the protocol (it decides about truncation), and the list of servers meant. */
export function mergeEqual(clock: Clock, counters: Pick<Counters, 'merged'>): Handler {
  const byUpstreams = new WeakMap<readonly Upstream[], Map<string, Flight>>();
  return async (question, next) => {
    const { protocol, upstreams } = question.arrival;
    const flights = byUpstreams.get(upstreams) ?? new Map<string, Flight>();
    byUpstreams.set(upstreams, flights);

    const { buffer, byteOffset, byteLength } = question.octets;
    const key = protocol + Buffer.from(buffer, byteOffset, byteLength).toString('latin1', 2);
    const under = flights.get(key);
    if (under !== undefined && clock.now() - under.since < JOINABLE_MS) {
      counters.merged++;
      return under.answer;
    }
    const flight = { since: clock.now(), answer: next(question) };
    flights.set(key, flight);
    try {
      return await flight.answer;
    } finally {
      if (flights.get(key) === flight) flights.delete(key);
    }
  };
}
