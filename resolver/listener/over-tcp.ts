/**
 * Questions and answers over connections (RFC 7766): several questions on each, answered in whatever order they are done.
 * Nobody can hold us up (D6): connections, questions on each, and what waits to be read are all bounded.
 */
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { FrameReader, framed } from '../message/frames.ts';
import { flag, HEADER_LENGTH, hasFlag } from '../message/header.ts';
import type { Arrival } from '../question.ts';
import type { ServingParts } from './over-udp.ts';

/** Our own choices. */
export const limit = {
  CONNECTIONS: 64,
  /** Milliseconds without a whole question coming in or an answer going out. */
  IDLE: 10_000,
  /** Questions of one connection being worked on, and taken up in one turn; its next ones wait unread. */
  QUESTIONS: 32,
} as const;

/** A listening server; rejects when the address or port cannot be had. */
export async function bindTcp(address: string, port: number): Promise<Server> {
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  server.listen({ host: address, port, ipv6Only: isIPv6(address), exclusive: true });
  await once(server, 'listening');
  return server;
}

/** Answers what arrives on `server`. Returns what ends every connection. */
export function serveTcp(server: Server, parts: ServingParts & { readonly clock: Clock }): () => void {
  /** The one longest without anything to do first. */
  const connections = new Set<Connection>();
  server.on('error', () => {});
  server.on('connection', (socket) => {
    const source = socket.remoteAddress;
    if (source === undefined || !parts.accept(source)) return void socket.destroy();
    if (connections.size >= limit.CONNECTIONS) {
      const idle = [...connections].find((connection) => connection.isIdle);
      if (idle === undefined) return void socket.resetAndDestroy();
      idle.close();
    }
    const connection = new Connection(socket, source, parts, () => {
      connections.delete(connection);
      if (!socket.destroyed) connections.add(connection);
    });
    connections.add(connection);
  });
  return () => {
    for (const connection of connections) connection.close();
  };
}

/** Whether what came can never be answered: no header, or an answer. */
function isNoQuestion(message: Uint8Array): boolean {
  return message.length < HEADER_LENGTH || hasFlag(message, flag.QR);
}

class Connection {
  readonly #socket: Socket;
  readonly #parts: ServingParts & { readonly clock: Clock };
  readonly #source: Arrival['source'];
  readonly #onChange: () => void;
  readonly #frames = new FrameReader();
  readonly #waiting: Uint8Array[] = [];
  /** Those that send answers of several messages, and wait for the client to read. */
  readonly #blocked: (() => void)[] = [];
  #inFlight = 0;
  /** Questions taken up in this turn of the event loop: those answered at once would never let others have theirs. */
  #taken = 0;
  /** The client has said all it will; it may still be waiting for answers. */
  #hasEnded = false;
  #callOff = (): void => {};

  /** `onChange` is called whenever something happened on the connection, and when it is closed. */
  constructor(socket: Socket, address: string, parts: ServingParts & { readonly clock: Clock }, onChange: () => void) {
    this.#socket = socket;
    this.#parts = parts;
    this.#source = { address, port: socket.remotePort ?? 0 };
    this.#onChange = onChange;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#work();
    });
    socket.on('drain', () => {
      this.#unblock();
      this.#work();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#callOff();
      this.#waiting.length = 0;
      this.#unblock();
      onChange();
    });
    this.#restartIdleTime();
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.length === 0;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    const messages = this.#frames.push(chunk);
    if (messages.length === 0) return;
    // Two octets that say "nothing follows" cost their sender less than us: who does not ask is not listened to.
    if (messages.some(isNoQuestion)) {
      this.close();
      return;
    }
    this.#waiting.push(...messages);
    this.#happened();
    this.#work();
  }

  /** Takes up waiting questions as far as the limits allow, and reads on only when none is left waiting. */
  #work(): void {
    const { QUESTIONS } = limit;
    while (this.#inFlight < QUESTIONS && this.#taken < QUESTIONS && !this.#socket.writableNeedDrain) {
      const message = this.#waiting.shift();
      if (message === undefined) {
        if (this.#hasEnded && this.isIdle) this.#socket.end();
        return void this.#socket.resume();
      }
      if (this.#taken++ === 0) setImmediate(() => this.#nextTurn());
      this.#inFlight++;
      void this.#answer(message);
    }
    this.#socket.pause();
  }

  #nextTurn(): void {
    this.#taken = 0;
    this.#work();
  }

  async #answer(message: Uint8Array): Promise<void> {
    const { resolver, upstreams } = this.#parts;
    const send = (part: Uint8Array): Promise<boolean> => this.#send(part);
    const arrival: Arrival = { protocol: 'tcp', source: this.#source, upstreams: upstreams(), send };
    const answer = await resolver.answer(message, arrival);
    this.#inFlight--;
    if (answer !== undefined) this.#write(answer);
    this.#work();
  }

  /** Returns whether there is room for more. */
  #write(message: Uint8Array): boolean {
    if (this.#socket.destroyed) return false;
    this.#happened();
    return this.#socket.write(framed(message));
  }

  /** Resolves when there is room for more; to false when the connection is gone. */
  async #send(message: Uint8Array): Promise<boolean> {
    if (!this.#write(message) && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => this.#blocked.push(resolve));
    }
    return !this.#socket.destroyed;
  }

  #unblock(): void {
    for (const resolve of this.#blocked.splice(0)) resolve();
  }

  #happened(): void {
    this.#restartIdleTime();
    this.#onChange();
  }

  #restartIdleTime(): void {
    this.#callOff();
    this.#callOff = this.#parts.clock.after(limit.IDLE, () => this.close());
  }
}
