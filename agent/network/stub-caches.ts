/**
 * Caches of this host that programs ask before us (E16): what they kept from before we answered, or from us, is not true
 * any more when we come or go. Each is flushed only where it runs; none of it is worth failing for.
 */
import type { Host } from '../../install/host.ts';
import { type Step, step } from '../../install/step.ts';
import type { Log } from '../log.ts';
import { type DnsProgram, observeDnsPrograms } from './dns-programs.ts';
import { isLoopback } from './name-servers.ts';
import { hasResolved, managerCall } from './resolved.ts';

const NSCD_PID_FILE = '/run/nscd/nscd.pid';

/** Does not wait for an answer, so that undoing it cannot fail where systemd-resolved has ended since. */
const FLUSH_RESOLVED = [...managerCall, 'FlushCaches'].toSpliced(1, 0, '--expect-reply=no');

export interface StubCachesParts {
  readonly host: Host;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Sends a signal to a process; throws where that is not allowed. */
  readonly signal?: (pid: number, signal: 'SIGHUP') => void;
}

export class StubCaches {
  readonly #parts: StubCachesParts;
  /** Failures are told once. */
  readonly #told = new Set<string>();

  constructor(parts: StubCachesParts) {
    this.#parts = parts;
  }

  /** Flushes all that are there. Never rejects. */
  async flush(): Promise<void> {
    const { host } = this.#parts;
    await Promise.all([
      hasResolved(host) && this.#try('systemd-resolved', () => host.run(FLUSH_RESOLVED)),
      host.readText(NSCD_PID_FILE) !== undefined && this.#try('nscd', () => host.run(['nscd', '-i', 'hosts'])),
      this.#try('dnsmasq', () => this.#flushDnsmasq()),
    ]);
  }

  /**
   * A step that flushes, and whose undoing flushes again: for the journal, as nobody asks a killed agent to clean up. Only
   * for caches that can hold answers of ours.
   */
  steps(): Step[] {
    if (!hasResolved(this.#parts.host)) return [];
    return [step('flush the cache of systemd-resolved', FLUSH_RESOLVED, FLUSH_RESOLVED)];
  }

  /** dnsmasq(8) forgets what it kept on SIGHUP. Those that only serve guests are left alone: they pass us by (D12). */
  async #flushDnsmasq(): Promise<void> {
    const { host, signal = (pid, name) => void process.kill(pid, name) } = this.#parts;
    const isStub = ({ name, addresses }: DnsProgram): boolean =>
      name === 'dnsmasq' &&
      addresses.some((address) => isLoopback(address) || address === '0.0.0.0' || address === '::');
    for (const { pid } of (await observeDnsPrograms(host)).filter(isStub)) signal(pid, 'SIGHUP');
  }

  async #try(name: string, flush: () => Promise<unknown>): Promise<void> {
    try {
      await flush();
    } catch (error) {
      if (this.#told.has(name)) return;
      this.#told.add(name);
      this.#parts.log.warn({ err: error }, `Cannot flush the cache of ${name}: it may know old answers for a while`);
    }
  }
}
