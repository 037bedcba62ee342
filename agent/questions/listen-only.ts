/** Mode `listen`: answers on the addresses of the configuration, and touches nothing of the host. */
import type { Host } from '../../install/host.ts';
import { formatIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6 } from '../../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../../mapper/address/prefix.ts';
import { type Listener, listen } from '../../resolver/listener/listener.ts';
import { serves } from '../../resolver/listener/serve.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import { type Upstream, upstreamName } from '../../resolver/upstream/upstream.ts';
import type { Endpoint, ResolverConfig } from '../config/config.ts';
import type { Reason, ServerStatus } from '../control/agent.ts';
import { hostNameServers, isLoopback } from '../network/name-servers.ts';
import { DNS_PORT, type Questions } from './questions.ts';

type ListenConfig = Pick<ResolverConfig, 'listen' | 'upstreams' | 'serve'>;

/** An endpoint as sockets take it. */
function upstreamOf(endpoint: Endpoint): Upstream {
  if (endpoint.family === 4) return { address: formatIpv4(endpoint.address), port: endpoint.port };
  const zone = endpoint.scope === '' ? '' : `%${endpoint.scope}`;
  return { address: `${formatIpv6(endpoint.address)}${zone}`, port: endpoint.port };
}

/** Whether asking `upstream` would be asking who listens at `own`: the same endpoint, or loopback of all addresses. */
function isOurselves(upstream: Upstream, own: Upstream): boolean {
  if (upstream.port !== own.port) return false;
  const isAll = own.address === '0.0.0.0' || own.address === '::';
  return upstream.address === own.address || (isAll && isLoopback(upstream.address));
}

/** Mode `listen`. */
export class ListenOnly implements Questions {
  readonly mode = 'listen';
  readonly #config: ListenConfig;
  readonly #host: Host;
  readonly #resolver: Pick<Resolver, 'answer'>;
  readonly #listeners: Listener[] = [];
  readonly #because: readonly string[];
  #upstreams: readonly Upstream[] = [];

  constructor(config: ListenConfig, host: Host, resolver: Pick<Resolver, 'answer'>, because: readonly string[] = []) {
    this.#because = because;
    this.#config = config;
    this.#host = host;
    this.#resolver = resolver;
  }

  async refresh(): Promise<boolean> {
    const own = this.#config.listen.map(upstreamOf);
    const before = this.#upstreams.map(upstreamName).join();
    this.#upstreams = this.#named().filter((upstream) => !own.some((each) => isOurselves(upstream, each)));
    for (const listener of this.#listeners) listener.setUpstreams(this.#upstreams);
    const isOther = this.#upstreams.map(upstreamName).join() !== before;
    if (this.#listeners.length > 0) return isOther;
    const accept = serves(
      this.#config.serve.map((prefix) => (prefix.family === 4 ? formatIpv4Prefix(prefix) : formatIpv6Prefix(prefix))),
    );
    for (const { address, port } of own) {
      const options = { address, port, upstreams: this.#upstreams, resolver: this.#resolver, accept };
      this.#listeners.push(await listen(options));
    }
    return isOther;
  }

  renew(): void {}

  withdraw(): void {}

  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  servers(): readonly ServerStatus[] {
    const own = this.#listeners.map(({ address, port }) => `${address}#${port}`).join(' ');
    return this.#upstreams.map(({ address, port }) => ({ device: '', server: `${address}#${port}`, listener: own }));
  }

  because(): readonly string[] {
    return this.#because;
  }

  gaps(): readonly Reason[] {
    return [];
  }

  unanswered(): readonly string[] {
    return [];
  }

  /** The servers of the configuration, or else those of the host. */
  #named(): Upstream[] {
    const { upstreams } = this.#config;
    if (upstreams.length > 0) return upstreams.map(upstreamOf);
    return hostNameServers(this.#host).map(({ address, zone }) => ({
      address: zone === '' ? address : `${address}%${zone}`,
      port: DNS_PORT,
    }));
  }
}
