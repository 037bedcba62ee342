/**
 * HTTP/JSON for a handful of local clients, with the bounds of requirement S8: how much, how long and how many. One
 * request per connection, as every client of ours makes one.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Agent } from './agent.ts';
import { BadRequest, Conflict } from './bad-request.ts';
import type { ListRoute, Route, StreamRoute } from './routes.ts';

export interface Limits {
  /** Octets of a request's body. */
  readonly bodyOctets: number;
  /** Time for a client to send its request, and again to take its answer. Not the agent's time in between. */
  readonly clientMs: number;
  /** Connections at one time; over it they are closed at once. */
  readonly clients: number;
}

export const defaultLimits: Limits = { bodyOctets: 64 * 1024, clientMs: 5000, clients: 16 };

/** The longest time of a timer. */
const NEVER_MS = 2 ** 31 - 1;

/** An HTTP server, not yet listening, that answers `routes` and nothing else. */
export function controlHttpServer(agent: Agent, routes: readonly Route[], limits: Limits): Server {
  const sending = new WeakMap<Socket, NodeJS.Timeout>();
  const server = createServer(
    // Node's own timeouts would have it look for connections every so often, also where there are none, and so wake an
    // idle daemon.
    { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: NEVER_MS, maxHeaderSize: 8 * 1024 },
    (request, response) => {
      const hasSent = (): void => clearTimeout(sending.get(request.socket));
      answer(agent, routes, limits, request, response, hasSent).catch(() => request.socket.destroy());
    },
  );
  server.on('connection', (socket) => {
    const timer = setTimeout(() => socket.destroy(), limits.clientMs);
    sending.set(socket, timer);
    socket.once('close', () => clearTimeout(timer));
  });
  server.maxConnections = limits.clients;
  server.maxRequestsPerSocket = 1;
  return server;
}

async function answer(
  agent: Agent,
  routes: readonly Route[],
  limits: Limits,
  request: IncomingMessage,
  response: ServerResponse,
  hasSent: () => void,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0];
  const known = routes.filter((each) => each.path === path);
  const route = known.find((each) => each.method === request.method);
  if (known.length === 0) return send(response, limits, 404, failure('not-found', 'There is no such thing here'));
  if (route === undefined) {
    response.setHeader('allow', known.map((each) => each.method).join(', '));
    return send(response, limits, 405, failure('method', `Not with ${request.method}`));
  }
  const body = await readBody(request, limits.bodyOctets);
  hasSent();
  if (body === undefined) return send(response, limits, 413, failure('too-large', 'The request is too large'));
  if ('stream' in route) return stream(agent, route, response);
  if ('pages' in route) return sendPages(agent, route, limits, response);
  try {
    const json: unknown = body === '' ? undefined : JSON.parse(body);
    return send(response, limits, 200, await route.answer(agent, json));
  } catch (error) {
    if (error instanceof BadRequest) return send(response, limits, 400, failure('bad-request', error.message));
    if (error instanceof Conflict) return send(response, limits, 409, failure('conflict', error.message));
    if (error instanceof SyntaxError) return send(response, limits, 400, failure('bad-request', 'Not JSON'));
    return send(response, limits, 500, failure('failed', error instanceof Error ? error.message : String(error)));
  }
}

/** The body as text, or `undefined` if it is longer than `most` octets; at most that much is kept. */
async function readBody(request: IncomingMessage, most: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > most) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends lines as they come, as fast as the client takes them, until it closes or there are no more. */
async function stream(agent: Agent, route: StreamRoute, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', connection: 'close' });
  response.flushHeaders();
  for await (const values of route.stream(agent, gone.signal)) {
    const lines = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    if (gone.signal.aborted) break;
    if (!response.write(lines)) await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  response.end();
}

/** The turn of the page that was asked for last, of all lists over all sockets. */
let pageBefore: Promise<unknown> = Promise.resolve();

/** Resolves once the pages asked for before have been made, and the rest of the process has had its turn since. */
function pageTurn(): Promise<unknown> {
  pageBefore = pageBefore.then(() => nextTurn());
  return pageBefore;
}

/**
 * Sends a list page by page; a client that does not take a page in time is cut off. However many lists are sent at once,
 * no two pages are made in one turn of the event loop.
 */
async function sendPages(agent: Agent, route: ListRoute, limits: Limits, response: ServerResponse): Promise<void> {
  const pages = route.pages(agent)[Symbol.iterator]();
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' });
  let before = `{${JSON.stringify(route.list)}:[`;
  for (;;) {
    await pageTurn();
    if (response.destroyed) return;
    const page = pages.next();
    if (page.done === true) break;
    const text = page.value.map((value) => JSON.stringify(value)).join(',');
    const isTaken = text === '' || response.write(before + text);
    if (text !== '') before = ',';
    if (!isTaken) await once(response, 'drain', { signal: AbortSignal.timeout(limits.clientMs) });
  }
  cutOffUntaken(response, limits);
  response.end(before === ',' ? ']}\n' : `${before}]}\n`);
}

/** Sends one answer and closes; a client that does not take it in time is cut off. */
function send(response: ServerResponse, limits: Limits, status: number, value: unknown): void {
  const text = Buffer.from(`${JSON.stringify(value)}\n`);
  cutOffUntaken(response, limits);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': text.length,
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(text);
}

/** What is not taken in time from now on ends the connection. */
function cutOffUntaken(response: ServerResponse, limits: Limits): void {
  const { socket } = response;
  const timer = setTimeout(() => socket?.destroy(), limits.clientMs);
  response.once('close', () => clearTimeout(timer));
}

function failure(code: string, text: string): { error: { code: string; text: string } } {
  return { error: { code, text } };
}
