/**
 * Mode `resolv.conf`, for kernels that cannot catch questions: while it is up, `/etc/resolv.conf` is a file of ours that
 * names us, and the servers it named before are asked. What was there is kept beside it and put back at the end, by the
 * janitor when nobody else can (S5).
 */
import { dirname } from 'node:path';
import type { Host } from '../../install/host.ts';
import type { Journal } from '../../install/journal.ts';
import { apply, type Step, undo } from '../../install/step.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { Reason, ServerStatus } from '../control/agent.ts';
import type { Log } from '../log.ts';
import { KEPT_RESOLV_CONF, type NameServer, RESOLV_CONF, readNameServers } from '../network/name-servers.ts';
import { OneListener } from './one-listener.ts';
import type { Questions } from './questions.ts';

/** Where we listen: of loopback, and none that other servers take (127.0.0.1, .11, .53, .54). */
const OWN_ADDRESS = '127.0.0.98';
const SERVED = ['127.0.0.0/8'];

/** How our file begins: so we know it, whoever made it and whatever others added to it. */
const MARK = '# bis: ';

/** How often our file is put back when others replace it. */
const MOST_REPLACEMENTS = 10;

/** Why the user of the service cannot, and what to do. */
const CLOSED = `Cannot replace ${RESOLV_CONF}: user ${process.geteuid?.()} may not write in ${dirname(RESOLV_CONF)}, as the service may not. Run bis as root (bis up), or set mode to "auto", "snoop", "resolved" or "listen"`;

/** Our file in the place of one with this text: with everything of it but comments and servers. */
export function replacement(text: string): string {
  const others = text.split('\n').filter((line) => /^\s*[a-z]/.test(line) && !/^\s*nameserver\b/.test(line));
  return [
    `${MARK}answers the questions of this host while it is up. If it is not:`,
    `#     mv ${KEPT_RESOLV_CONF} ${RESOLV_CONF}`,
    ...others,
    `nameserver ${OWN_ADDRESS}`,
    '',
  ].join('\n');
}

/** Whether a text is of a file of ours, be it of this run or of one that was cut off. */
export function isOurs(text: string): boolean {
  return text.startsWith(MARK);
}

function replacing(text: string): Step {
  return {
    title: `replace ${RESOLV_CONF}`,
    run: { path: RESOLV_CONF, text: replacement(text), kept: KEPT_RESOLV_CONF },
    undo: { path: RESOLV_CONF, kept: KEPT_RESOLV_CONF, ifBegins: MARK },
  };
}

/** Puts back what a run kept that ended with the power of the machine, and whose journal is gone with it. */
export async function putBackLeftFile(host: Host): Promise<void> {
  const [failure] = await undo([replacing('')], host);
  if (failure !== undefined) throw failure;
}

export interface ReplacedFileParts {
  readonly host: Host;
  readonly journal: Pick<Journal, 'note'>;
  readonly resolver: Pick<Resolver, 'answer'>;
  readonly log: Log;
  readonly reasons: readonly string[];
  readonly gaps: () => Promise<readonly Reason[]>;
}

/** Mode `resolv.conf`. */
export class ReplacedFile implements Questions {
  readonly mode = 'resolv.conf';
  readonly #parts: ReplacedFileParts;
  readonly #listener: OneListener;
  #servers: readonly NameServer[] = [];
  #gaps: readonly Reason[] = [];
  #replacements = 0;
  #hasGivenUp = false;

  constructor(parts: ReplacedFileParts) {
    this.#parts = parts;
    this.#listener = new OneListener(OWN_ADDRESS, parts.resolver, SERVED);
  }

  /** Follows the file: what others wrote into it is asked from then on, and replaced by ours, ten times at most. */
  async refresh(): Promise<boolean> {
    const { host } = this.#parts;
    this.#gaps = await this.#parts.gaps();
    const text = host.readText(RESOLV_CONF);
    const theirs = text === undefined || isOurs(text) ? undefined : text;
    this.#follow(theirs ?? host.readText(KEPT_RESOLV_CONF));
    const isOther = await this.#listener.ask(this.#servers);
    if (theirs !== undefined) await this.#replace(theirs);
    return isOther;
  }

  renew(): void {}

  /** Puts the file back as it was. */
  async withdraw(): Promise<void> {
    const [failure] = await undo([replacing('')], this.#parts.host);
    if (failure !== undefined) throw failure;
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  servers(): readonly ServerStatus[] {
    return this.#listener.servers();
  }

  because(): readonly string[] {
    return this.#parts.reasons;
  }

  gaps(): readonly Reason[] {
    if (!this.#hasGivenUp) return this.#gaps;
    const text = `Somebody else keeps writing ${RESOLV_CONF}: it was replaced ${MOST_REPLACEMENTS} times and is left alone.`;
    return [...this.#gaps, { code: 'resolv-conf', text }];
  }

  unanswered(): readonly string[] {
    return [];
  }

  /** From now on the servers of this text are asked; without one, those of before. */
  #follow(text: string | undefined): void {
    if (text === undefined) return;
    this.#servers = readNameServers(text).filter(({ address }) => address !== OWN_ADDRESS);
  }

  async #replace(text: string): Promise<void> {
    const { host, journal, log } = this.#parts;
    if (!host.mayWriteIn(dirname(RESOLV_CONF))) throw new Error(CLOSED);
    // What was kept before is out of date: somebody has replaced our file by another.
    await this.withdraw();
    this.#hasGivenUp = this.#replacements > MOST_REPLACEMENTS;
    if (this.#hasGivenUp) return;
    if (this.#replacements++ > 0) log.warn(`Somebody else wrote ${RESOLV_CONF}: it is replaced again`);
    const steps = [replacing(text)];
    journal.note(steps);
    await apply(steps, host);
  }
}
