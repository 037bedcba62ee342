/** One question to one upstream, one answer back (RFC 1035 §4.2, RFC 7766): fresh ID, fresh socket, everything matched. */
import { once } from 'node:events';
import type { Socket as TcpSocket } from 'node:net';
import type { Counters } from '../counters.ts';
import { FrameReader, framed } from '../message/frames.ts';
import { flag, hasFlag, withId } from '../message/header.ts';
import type { Transport } from '../question.ts';
import { isAnswerTo } from './match.ts';
import type { UpstreamSockets } from './sockets.ts';
import type { Upstream } from './upstream.ts';

export interface ExchangeParts {
  readonly sockets: UpstreamSockets;
  /** A random whole number from 0 up to, not including, `below`; unforeseeable. */
  readonly random: (below: number) => number;
  readonly counters: Pick<Counters, 'mismatched'>;
}

/** The answer under our own ID; `undefined` when there is none, be it for an error or because `signal` was aborted. */
export type Exchange = (
  question: Uint8Array,
  upstream: Upstream,
  transport: Transport,
  signal: AbortSignal,
) => Promise<Uint8Array | undefined>;

/** Asking, and asking anew. */
export interface Exchanges {
  readonly ask: Exchange;
  /**
   * Closes every socket, and asks what is under way once more through a fresh one (D9): the old ones may be bound to an
   * address that is gone, or wait for an answer to a datagram that was lost while the host slept.
   */
  renew(): void;
}

export function createExchanges(parts: ExchangeParts): Exchanges {
  const underWay: UnderWay = new Set();
  let renewals = 0;

  async function askOnce(
    question: Uint8Array,
    upstream: Upstream,
    transport: Transport,
    signal: AbortSignal,
  ): ReturnType<Exchange> {
    const message = withId(question, parts.random(0x10000));
    if (transport === 'tcp') return askOverTcp(parts, message, upstream, signal, underWay);
    const answer = await askOverUdp(parts, message, upstream, signal, underWay);
    if (transport === 'udp' || answer === undefined || !hasFlag(answer, flag.TC)) return answer;
    // A server that truncates but does not speak TCP leaves us with what it could say.
    return (await askOverTcp(parts, message, upstream, signal, underWay)) ?? answer;
  }

  return {
    renew() {
      renewals++;
      for (const giveUp of underWay) giveUp();
    },
    async ask(question, upstream, transport, signal) {
      for (;;) {
        const before = renewals;
        const answer = await askOnce(question, upstream, transport, signal);
        if (answer !== undefined || signal.aborted || before === renewals) return answer;
      }
    },
  };
}

/** What gives up each question that waits on a socket. */
type UnderWay = Set<() => void>;

async function askOverUdp(
  { sockets, counters }: ExchangeParts,
  message: Uint8Array,
  upstream: Upstream,
  signal: AbortSignal,
  underWay: UnderWay,
): Promise<Uint8Array | undefined> {
  const socket = await sockets.udp(upstream).catch(() => undefined);
  if (socket === undefined) return undefined;
  return new Promise((resolve) => {
    const finish = (answer?: Uint8Array): void => {
      underWay.delete(giveUp);
      signal.removeEventListener('abort', giveUp);
      // Errors that were on their way when the socket closed have nobody left to be told.
      socket.removeAllListeners().on('error', () => {});
      socket.close();
      resolve(answer);
    };
    const giveUp = (): void => finish();
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    underWay.add(giveUp);
    socket.on('error', giveUp);
    socket.on('message', (answer) => {
      if (isAnswerTo(message, answer)) finish(answer);
      else counters.mismatched++;
    });
    socket.send(message, (error) => {
      if (error) giveUp();
    });
  });
}

async function askOverTcp(
  { sockets, counters }: ExchangeParts,
  message: Uint8Array,
  upstream: Upstream,
  signal: AbortSignal,
  underWay: UnderWay,
): Promise<Uint8Array | undefined> {
  const socket = await sockets.tcp(upstream).catch(() => undefined);
  if (socket === undefined) return undefined;
  const giveUp = (): void => void socket.destroy();
  underWay.add(giveUp);
  try {
    for await (const answer of messagesOf(socket, message, signal)) {
      if (isAnswerTo(message, answer)) return answer;
      counters.mismatched++;
    }
    return undefined;
  } finally {
    underWay.delete(giveUp);
  }
}

/**
 * Sends `message` over a connection and gives what comes back, message by message, reading no faster than it is taken.
 * Ends with the connection, or when `signal` is aborted; closes the connection when nobody takes any more.
 */
export async function* messagesOf(
  socket: TcpSocket,
  message: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const close = (): void => void socket.destroy();
  signal.addEventListener('abort', close);
  const frames = new FrameReader();
  try {
    if (signal.aborted) return;
    if (socket.connecting) await once(socket, 'connect', { signal });
    socket.write(framed(message));
    for await (const chunk of socket) yield* frames.push(chunk);
  } catch {
    // Refused, reset, or destroyed by `close`: there is nothing more to come, which is what ending says.
  } finally {
    signal.removeEventListener('abort', close);
    socket.on('error', () => {});
    socket.destroy();
  }
}
