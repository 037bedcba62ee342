/**
 * Caches of this host that programs ask before us (E16): what they kept from before we answered, or from us, is not true
 * any more when we come or go. Each is flushed only where it runs; none of it is worth failing for.
 */
import type { Host } from '../../install/host.ts';
import { type Step, step } from '../../install/step.ts';
import type { Log } from '../log.ts';
import { type DnsProgram, observeDnsPrograms } from './dns-programs.ts';
import { isLoopback } from './name-servers.ts';
import { hasResolved, managerCall, RESOLVED_STUBS } from './resolved.ts';
import { signalProgram } from './signal-program.ts';

const NSCD_PID_FILE = '/run/nscd/nscd.pid';

/** Does not wait for an answer, so that undoing it cannot fail where systemd-resolved has ended since. */
const FLUSH_RESOLVED = [...managerCall, 'FlushCaches'].toSpliced(1, 0, '--expect-reply=no');

export interface StubCachesParts {
  readonly host: Host;
  readonly log: Pick<Log, 'warn'>;
  /** As `signalProgram`. */
  readonly signal?: (pid: number, name: string, signal: 'SIGHUP') => void;
}

/** How a program is called that cannot be seen. */
const UNSEEN = 'a DNS server of another user';

function isOfThisHost({ addresses }: DnsProgram): boolean {
  return addresses.some((address) => isLoopback(address) || address === '0.0.0.0' || address === '::');
}

/** Whether it is systemd-resolved, as far as its addresses tell. */
function isResolved({ addresses }: DnsProgram): boolean {
  return addresses.every((address) => RESOLVED_STUBS.includes(address));
}

/** Without root, programs of others cannot be seen, and one of them may be dnsmasq: throws if there is one. */
function lookForUnseen(programs: readonly DnsProgram[]): false {
  const one = programs.find((program) => program.pid === 0 && isOfThisHost(program) && !isResolved(program));
  if (one !== undefined) throw new Error(`Cannot see who listens at ${one.addresses.join(', ')}`);
  return false;
}

/** What came of a flush, by the names of programs. */
export interface FlushedCaches {
  readonly flushed: readonly string[];
  /** They run, and could not be flushed: mostly because that takes root. */
  readonly unflushed: readonly string[];
}

export class StubCaches {
  readonly #parts: StubCachesParts;
  /** Failures are told once. */
  readonly #told = new Set<string>();

  constructor(parts: StubCachesParts) {
    this.#parts = parts;
  }

  /** Flushes all that are there. Never rejects. */
  async flush(): Promise<FlushedCaches> {
    const { host } = this.#parts;
    const programs = observeDnsPrograms(host);
    const tried = await Promise.all([
      this.#try('systemd-resolved', async () => hasResolved(host) && (await host.run(FLUSH_RESOLVED)) !== undefined),
      this.#try('nscd', () => this.#flushNscd()),
      this.#try('dnsmasq', async () => this.#flushDnsmasq(await programs)),
      this.#try(UNSEEN, async () => lookForUnseen(await programs)),
    ]);
    const those = (outcome: 'flushed' | 'failed'): string[] =>
      tried.filter((one) => one.outcome === outcome).map(({ name }) => name);
    return { flushed: those('flushed'), unflushed: those('failed') };
  }

  /**
   * A step that flushes, and whose undoing flushes again: for the journal, as nobody asks a killed agent to clean up. Only
   * for caches that can hold answers of ours.
   */
  steps(): Step[] {
    if (!hasResolved(this.#parts.host)) return [];
    return [step('flush the cache of systemd-resolved', FLUSH_RESOLVED, FLUSH_RESOLVED)];
  }

  async #flushNscd(): Promise<boolean> {
    const { host } = this.#parts;
    if (host.readText(NSCD_PID_FILE) === undefined) return false;
    // It is told by its socket, and takes such words from root only.
    await host.run(['nscd', '-i', 'hosts']);
    return true;
  }

  /** dnsmasq(8) forgets what it kept on SIGHUP. Those that only serve guests are left alone: they pass us by (D12). */
  #flushDnsmasq(programs: readonly DnsProgram[]): boolean {
    const { signal = signalProgram } = this.#parts;
    const stubs = programs.filter((program) => program.name === 'dnsmasq' && isOfThisHost(program));
    for (const { pid } of stubs) signal(pid, 'dnsmasq', 'SIGHUP');
    return stubs.length > 0;
  }

  /** `flush` resolves to whether there was anything to flush. */
  async #try(
    name: string,
    flush: () => Promise<boolean>,
  ): Promise<{ name: string; outcome: 'flushed' | 'absent' | 'failed' }> {
    try {
      return { name, outcome: (await flush()) ? 'flushed' : 'absent' };
    } catch (error) {
      if (!this.#told.has(name)) {
        this.#told.add(name);
        this.#parts.log.warn({ err: error }, `Cannot flush the cache of ${name}: it may know old answers for a while`);
      }
      return { name, outcome: 'failed' };
    }
  }
}
