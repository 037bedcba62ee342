/** The other end of the control socket: what the command line and other front ends call. Loads nothing of the daemon. */
import { type IncomingMessage, request } from 'node:http';
import { linesOf } from '../translate/lines.ts';
import type {
  AddressExplanation,
  ExplicitRow,
  FlushResult,
  MappingRow,
  NameExplanation,
  QuestionText,
  Resolution,
  Status,
  TraceEvent,
} from './agent.ts';
import { ControlError, errorCode } from './control-error.ts';
import { runtimePaths } from './runtime-directory.ts';

/** Time for the daemon to answer, beyond what it was told it may take. */
const ANSWER_MS = 5000;

/** Time for a list of a million mappings, which is made page by page, in a daemon that has other things to do. */
const LIST_MS = 60_000;

/** The longest that a question may take: 4.5 s over UDP, and again over TCP. */
const QUESTION_MS = 9000;

/** The longest answer that is read: a spool of a million mappings is about 200 MiB. */
const LONGEST_ANSWER = 512 * 1024 * 1024;

/** The longest line of a trace, in octets: two packets of 64 KiB in base64, with room. */
const LONGEST_LINE = 1024 * 1024;

/** Asks the daemon of one runtime directory. All methods throw a `ControlError` when there is no good answer. */
export class ControlClient {
  readonly #controlSocket: string;
  readonly #publicSocket: string;

  constructor(runtimeDirectory: string) {
    const paths = runtimePaths(runtimeDirectory);
    this.#controlSocket = paths.controlSocket;
    this.#publicSocket = paths.publicSocket;
  }

  async status(): Promise<Status> {
    return (await this.#read('/v1/status')) as Status;
  }

  async mappings(): Promise<readonly MappingRow[]> {
    return ((await this.#read('/v1/mappings', LIST_MS)) as { mappings: MappingRow[] }).mappings;
  }

  /** Resolves to the state that was reached; see `Agent.up`. */
  async up(timeoutSeconds: number): Promise<Status> {
    return (await this.#call('/v1/up', timeoutSeconds)) as Status;
  }

  /** Resolves to the state that was reached; see `Agent.down`. */
  async down(timeoutSeconds: number): Promise<Status> {
    return (await this.#call('/v1/down', timeoutSeconds)) as Status;
  }

  /** What the resolver answers; see `Agent.resolve`. */
  async resolve(question: QuestionText): Promise<Resolution> {
    return (await this.#ask('/v1/resolve', question)) as Resolution;
  }

  /** What would be answered and why, or what an address is; see `Agent.explain`. */
  async explain(question: QuestionText): Promise<NameExplanation | AddressExplanation> {
    return (await this.#ask('/v1/explain', question)) as NameExplanation | AddressExplanation;
  }

  /** Lets peers reach ports, such as `tcp/8080`; see `Agent.expose`. */
  async expose(ports: readonly string[]): Promise<Status> {
    return (await this.#change('/v1/expose', ports)) as Status;
  }

  /** Takes ports away again; see `Agent.unexpose`. */
  async unexpose(ports: readonly string[]): Promise<Status> {
    return (await this.#change('/v1/unexpose', ports)) as Status;
  }

  async explicit(): Promise<readonly ExplicitRow[]> {
    return ((await this.#read('/v1/map')) as { explicit: ExplicitRow[] }).explicit;
  }

  /** Adds an explicit mapping; see `Agent.map`. Resolves to all there are. */
  async map(ipv4: string, to: string, now: boolean): Promise<readonly ExplicitRow[]> {
    return ((await this.#send('/v1/map', { ipv4, to, now })) as { explicit: ExplicitRow[] }).explicit;
  }

  /** Ends an explicit mapping; see `Agent.unmap`. */
  async unmap(ipv4: string): Promise<readonly ExplicitRow[]> {
    return ((await this.#send('/v1/unmap', { ipv4 })) as { explicit: ExplicitRow[] }).explicit;
  }

  /** Ends mappings; see `Agent.flush`. */
  async flush(address: string | undefined, force: boolean): Promise<FlushResult> {
    return (await this.#send('/v1/flush', { ...(address !== undefined && { address }), force })) as FlushResult;
  }

  /** Asks the daemon to end; resolves before it has. */
  async stop(): Promise<void> {
    await exchange(this.#controlSocket, 'POST', '/v1/stop', undefined, ANSWER_MS);
  }

  /** Packets as they are handled, until `signal` is aborted or the daemon goes down. */
  async *trace(signal: AbortSignal): AsyncGenerator<TraceEvent> {
    const socketPath = this.#controlSocket;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({ socketPath, method: 'POST', path: '/v1/trace', agent: false, signal });
      outgoing.once('response', resolve).on('error', reject).end();
    }).catch((error: unknown) => {
      throw inWords(error, socketPath);
    });
    try {
      for await (const lines of linesOf(response, LONGEST_LINE)) {
        for (const line of lines) if (typeof line === 'string') yield parse(line) as TraceEvent;
      }
    } catch (error) {
      if (!signal.aborted) throw inWords(error, socketPath);
    }
  }

  /** Reads from the socket of those who may control, else from everybody's. */
  async #read(path: string, timeoutMs = ANSWER_MS): Promise<unknown> {
    try {
      return await exchange(this.#controlSocket, 'GET', path, undefined, timeoutMs);
    } catch (error) {
      if (!(error instanceof ControlError) || error.code !== 'forbidden') throw error;
      return await exchange(this.#publicSocket, 'GET', path, undefined, timeoutMs);
    }
  }

  async #ask(path: string, question: QuestionText): Promise<unknown> {
    return await exchange(this.#controlSocket, 'POST', path, JSON.stringify(question), QUESTION_MS + ANSWER_MS);
  }

  async #change(path: string, ports: readonly string[]): Promise<unknown> {
    return await this.#send(path, { ports });
  }

  async #send(path: string, body: object): Promise<unknown> {
    return await exchange(this.#controlSocket, 'POST', path, JSON.stringify(body), ANSWER_MS);
  }

  async #call(path: string, timeoutSeconds: number): Promise<unknown> {
    const body = JSON.stringify({ timeoutSeconds });
    return await exchange(this.#controlSocket, 'POST', path, body, timeoutSeconds * 1000 + ANSWER_MS);
  }
}

/** One request over the socket `socketPath`, and the value it is answered with. */
async function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
  timeoutMs: number,
): Promise<unknown> {
  const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false, signal: AbortSignal.timeout(timeoutMs) });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        chunks.push(chunk);
        if (length > LONGEST_ANSWER) outgoing.destroy(new Error('too long an answer'));
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(body);
  }).catch((error: unknown) => {
    throw inWords(error, socketPath);
  });
  const value = parse(answer.text);
  if (answer.status === 200) return value;
  const { code, text = `The daemon answered with HTTP status ${answer.status}` } = errorOf(value);
  throw new ControlError(code === 'bad-request' ? code : 'failed', text);
}

function inWords(error: unknown, socketPath: string): ControlError {
  const options = { cause: error };
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new ControlError('not-running', `No bis daemon is running (nobody answers at ${socketPath})`, options);
    case 'EACCES':
    case 'EPERM':
      return new ControlError('forbidden', `This needs root, or membership in the group bis (${socketPath})`, options);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ControlError('failed', 'The daemon closed the connection; it ended, or has too many clients', options);
    case 'ABORT_ERR':
      return new ControlError('failed', 'The daemon did not answer in time', options);
    default:
      return new ControlError(
        'failed',
        `Cannot ask the daemon: ${error instanceof Error ? error.message : error}`,
        options,
      );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ControlError('failed', 'The daemon answered with something that is not JSON', { cause: error });
  }
}

/** What the daemon answered in the place of a value, as far as it is what it should be. */
function errorOf(value: unknown): { code?: string; text?: string } {
  const error = typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined;
  if (typeof error !== 'object' || error === null) return {};
  return {
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...('text' in error && typeof error.text === 'string' && { text: error.text }),
  };
}
