/** What can be asked over the control socket: one line per request, each a method of `Agent`. */
import * as v from 'valibot';
import { parseExplicitEntry } from '../../mapper/explicit-entry.ts';
import type { Ports } from '../config/ports.ts';
import { ports } from '../config/value.ts';
import type { Agent, QuestionText } from './agent.ts';
import { BadRequest } from './bad-request.ts';

/** Seconds within which `up` and `down` are to be done, unless the request says otherwise, and the most it may say. */
const DEFAULT_TIMEOUT_SECONDS = 30;
const LONGEST_TIMEOUT_SECONDS = 3600;
/** Ports, or ranges of them, in one request. */
const MOST_PORTS = 1000;

/** A request with one answer. */
export interface AnswerRoute {
  /** A GET changes nothing and is also answered on the public socket. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The value to answer with, as JSON. Throws a `BadRequest` if `body` is not what the route takes. */
  readonly answer: (agent: Agent, body: unknown) => unknown;
}

/** A request with answers that come and come: JSON, one a line. Always a POST, so never on the public socket. */
export interface StreamRoute {
  readonly method: 'POST';
  readonly path: string;
  /** Ends when `signal` is aborted, which says that nobody listens any more. */
  readonly stream: (agent: Agent, signal: AbortSignal) => AsyncIterable<readonly unknown[]>;
}

/** A request for a list that may be long: an object with the list under one name, made and sent a page at a time. */
export interface ListRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly list: string;
  readonly pages: (agent: Agent) => Iterable<readonly unknown[]>;
}

export type Route = AnswerRoute | ListRoute | StreamRoute;

export const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/status', answer: (agent) => agent.status() },
  { method: 'GET', path: '/v1/mappings', list: 'mappings', pages: (agent) => agent.mappings() },
  { method: 'POST', path: '/v1/up', answer: (agent, body) => agent.up(timeoutMs(body)) },
  { method: 'POST', path: '/v1/down', answer: (agent, body) => agent.down(timeoutMs(body)) },
  { method: 'POST', path: '/v1/expose', answer: (agent, body) => agent.expose(portsIn(body)) },
  { method: 'POST', path: '/v1/unexpose', answer: (agent, body) => agent.unexpose(portsIn(body)) },
  { method: 'GET', path: '/v1/map', answer: (agent) => ({ explicit: agent.explicit() }) },
  { method: 'POST', path: '/v1/map', answer: map },
  { method: 'POST', path: '/v1/unmap', answer: unmap },
  { method: 'POST', path: '/v1/flush', answer: flush },
  { method: 'POST', path: '/v1/stop', answer: stop },
  // These change nothing either, but have the daemon ask servers, past what an asker itself may send.
  { method: 'POST', path: '/v1/resolve', answer: (agent, body) => agent.resolve(questionText(body)) },
  { method: 'POST', path: '/v1/explain', answer: (agent, body) => agent.explain(questionText(body)) },
  { method: 'POST', path: '/v1/trace', stream: (agent, signal) => agent.trace(signal) },
];

const timeoutBody = v.strictObject({
  timeoutSeconds: v.optional(
    v.pipe(v.number(), v.gtValue(0), v.maxValue(LONGEST_TIMEOUT_SECONDS)),
    DEFAULT_TIMEOUT_SECONDS,
  ),
});

const portsBody = v.strictObject({ ports: v.pipe(v.array(ports), v.minLength(1), v.maxLength(MOST_PORTS)) });

/** The longest name as text: 255 octets, each written as `\\DDD`. */
const LONGEST_NAME = 1024;

const questionBody = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_NAME)),
  type: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(16)), 'A'),
});

function read<const Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  if (Array.isArray(body)) throw new BadRequest('The request must be a JSON object');
  const parsed = v.safeParse(schema, body ?? {});
  if (!parsed.success) throw new BadRequest(v.summarize(parsed.issues).replaceAll('\n', ' '));
  return parsed.output;
}

const timeoutMs = (body: unknown): number => read(timeoutBody, body).timeoutSeconds * 1000;
const portsIn = (body: unknown): readonly Ports[] => read(portsBody, body).ports;
const questionText = (body: unknown): QuestionText => read(questionBody, body);

const mapBody = v.strictObject({
  ipv4: v.string(),
  to: v.string(),
  now: v.optional(v.boolean(), false),
});
const unmapBody = v.strictObject({ ipv4: v.string() });
const flushBody = v.strictObject({ address: v.optional(v.string()), force: v.optional(v.boolean(), false) });

function map(agent: Agent, body: unknown): unknown {
  const { ipv4, to, now } = read(mapBody, body);
  const entry = parseExplicitEntry(ipv4, to);
  if (entry === undefined) throw new BadRequest(`Cannot map ${JSON.stringify(ipv4)} to ${JSON.stringify(to)}`);
  return { explicit: agent.map(entry, now) };
}

function unmap(agent: Agent, body: unknown): unknown {
  const { ipv4 } = read(unmapBody, body);
  const entry = parseExplicitEntry(ipv4, '::/0');
  if (entry === undefined) throw new BadRequest(`${JSON.stringify(ipv4)} is no IPv4 address or prefix`);
  return { explicit: agent.unmap(entry.ipv4) };
}

function flush(agent: Agent, body: unknown): unknown {
  const { address, force } = read(flushBody, body);
  return agent.flush(address, force);
}

/** Answers before the process begins to end, or nobody would hear it. */
function stop(agent: Agent): unknown {
  setImmediate(() => agent.stop());
  return agent.status();
}
