/** What can be asked over the control socket: one line per request, each a method of `Agent`. */
import * as v from 'valibot';
import type { Agent } from './agent.ts';

/** Seconds within which `up` and `down` are to be done, unless the request says otherwise, and the most it may say. */
const DEFAULT_TIMEOUT_SECONDS = 30;
const LONGEST_TIMEOUT_SECONDS = 3600;

export interface Route {
  /** A GET changes nothing and is also answered on the public socket. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The value to answer with, as JSON. Throws a `BadRequest` if `body` is not what the route takes. */
  readonly answer: (agent: Agent, body: unknown) => unknown;
}

export const routes: readonly Route[] = [
  { method: 'GET', path: '/v1/status', answer: (agent) => agent.status() },
  { method: 'GET', path: '/v1/mappings', answer: (agent) => ({ mappings: agent.mappings() }) },
  { method: 'POST', path: '/v1/up', answer: (agent, body) => agent.up(timeoutMs(body)) },
  { method: 'POST', path: '/v1/down', answer: (agent, body) => agent.down(timeoutMs(body)) },
  { method: 'POST', path: '/v1/stop', answer: stop },
];

/** The body of a request was not what it should be. */
export class BadRequest extends Error {}

const timeoutBody = v.strictObject({
  timeoutSeconds: v.optional(
    v.pipe(v.number(), v.gtValue(0), v.maxValue(LONGEST_TIMEOUT_SECONDS)),
    DEFAULT_TIMEOUT_SECONDS,
  ),
});

function timeoutMs(body: unknown): number {
  if (Array.isArray(body)) throw new BadRequest('The request must be a JSON object');
  const parsed = v.safeParse(timeoutBody, body ?? {});
  if (!parsed.success) throw new BadRequest(v.summarize(parsed.issues).replaceAll('\n', ' '));
  return parsed.output.timeoutSeconds * 1000;
}

/** Answers before the process begins to end, or nobody would hear it. */
function stop(agent: Agent): unknown {
  setImmediate(() => agent.stop());
  return agent.status();
}
