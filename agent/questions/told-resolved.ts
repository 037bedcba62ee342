/**
 * Mode `resolved`, for kernels that cannot catch questions: systemd-resolved is told, over D-Bus, that the server of our
 * device is us and knows all names. The servers of the other links are asked. It goes with the device.
 */
import type { Host } from '../../install/host.ts';
import { apply, type Step, step } from '../../install/step.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { Reason, ServerStatus } from '../control/agent.ts';
import { managerCall, observeResolved, type Resolved, type ResolvedServer } from '../network/resolved.ts';
import { wouldWeaken } from './decide.ts';
import { OneListener } from './one-listener.ts';
import { DNS_PORT, type Questions } from './questions.ts';

export interface ToldResolvedParts {
  readonly host: Host;
  readonly device: string;
  /** Our address on the device, and the prefix it is of. */
  readonly address: string;
  readonly prefix: string;
  readonly resolver: Pick<Resolver, 'answer'>;
  readonly reasons: readonly string[];
}

/** From the Linux headers. */
const AF_INET = 2;

/** What makes `address` the server of a link for all names: as `resolvectl dns`, `domain` and so on would. */
export function tellingSteps(device: string, index: number, address: string): Step[] {
  const call = (method: string, signature: string, ...words: string[]): readonly string[] => [
    ...[...managerCall, method, signature, String(index), ...words],
  ];
  const octets = address.split('.');
  const of = `of ${device} in systemd-resolved`;
  return [
    step(`set the server ${of}`, call('SetLinkDNS', 'ia(iay)', '1', String(AF_INET), String(octets.length), ...octets)),
    // The root domain, for routing only: ours is the best server for every name (resolved.conf(5), "~.").
    step(`set the domains ${of}`, call('SetLinkDomains', 'ia(sb)', '1', '.', 'true')),
    step(`set the default route ${of}`, call('SetLinkDefaultRoute', 'ib', 'true')),
    step(`set DNS over TLS ${of}`, call('SetLinkDNSOverTLS', 'is', 'no')),
    step(`set DNSSEC ${of}`, call('SetLinkDNSSEC', 'is', 'no')),
    step(`set LLMNR ${of}`, call('SetLinkLLMNR', 'is', 'no')),
    step(`set multicast DNS ${of}`, call('SetLinkMulticastDNS', 'is', 'no')),
  ];
}

/** Mode `resolved`. */
export class ToldResolved implements Questions {
  readonly mode = 'resolved';
  readonly #parts: ToldResolvedParts;
  readonly #listener: OneListener;
  #index = 0;
  #hasBegun = false;
  #isTold = false;
  #weakened: readonly ResolvedServer[] = [];

  constructor(parts: ToldResolvedParts) {
    this.#parts = parts;
    this.#listener = new OneListener(parts.address, parts.resolver, [parts.prefix]);
  }

  /** Rejects when systemd-resolved does not run, and, at the start, when questions would lose what protects them. */
  async refresh(): Promise<boolean> {
    const { device, host } = this.#parts;
    const resolved = await observeResolved(host);
    if (resolved === undefined || resolved.isElsewhere) throw new Error('Cannot ask systemd-resolved over D-Bus');
    const others = resolved.servers.filter((server) => server.device !== device);
    this.#weakened = others.filter(wouldWeaken);
    if (this.#weakened.length > 0) return this.#leave();
    const servers = others.filter(({ port }) => port === DNS_PORT);
    const isOther = await this.#listener.ask(servers.map(({ address, device: zone }) => ({ address, zone })));
    // Telling it anew what it knows would be a change to be followed, and so on for ever.
    if (!this.#isNamed(resolved)) await this.#tell();
    this.#isTold = true;
    this.#hasBegun = true;
    return isOther;
  }

  renew(): void {}

  async withdraw(): Promise<void> {
    if (!this.#isTold) return;
    this.#isTold = false;
    await this.#parts.host.run([...managerCall, 'RevertLink', 'i', String(this.#index)]);
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
    if (this.#weakened.length === 0) return [];
    return [{ code: 'resolved-protects', text: `systemd-resolved is left alone: ${this.#protection()}.` }];
  }

  unanswered(): readonly string[] {
    return [];
  }

  /** What its questions would lose. */
  #protection(): string {
    const what = this.#weakened.map(
      ({ device, dnsOverTls, dnssec }) =>
        `${dnsOverTls === 'no' ? `DNSSEC=${dnssec}` : `DNSOverTLS=${dnsOverTls}`} on ${device || 'all links'}`,
    );
    return `its questions would no longer have ${[...new Set(what)].join(', ')}`;
  }

  /** Nothing is taken away from questions that are encrypted or checked. */
  async #leave(): Promise<boolean> {
    if (!this.#hasBegun) throw new Error(`Cannot use mode resolved: ${this.#protection()}`);
    await this.withdraw();
    return false;
  }

  #isNamed({ servers }: Resolved): boolean {
    return servers.some(({ device, address }) => device === this.#parts.device && address === this.#parts.address);
  }

  async #tell(): Promise<void> {
    const { address, device, host } = this.#parts;
    const [link] = JSON.parse(await host.run(['ip', '-j', 'link', 'show', 'dev', device])) as { ifindex: number }[];
    if (link === undefined) throw new Error(`Cannot find ${device}`);
    this.#index = link.ifindex;
    await apply(tellingSteps(device, link.ifindex, address), host);
  }
}
