/** Mode `listen`: answers on the addresses of the configuration, and touches nothing of the host. */
import type { Host } from '../../install/host.ts';
import { formatIpv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6 } from '../../mapper/address/ipv6.ts';
import { formatIpv4Prefix, formatIpv6Prefix } from '../../mapper/address/prefix.ts';
import { type Listener, listen } from '../../resolver/listener/listener.ts';
import { serves } from '../../resolver/listener/serve.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import type { Upstream } from '../../resolver/upstream/upstream.ts';
import type { Endpoint, ResolverConfig } from '../config/config.ts';
import type { ServerStatus } from '../control/agent.ts';
import { hostNameServers } from '../network/name-servers.ts';
import { DNS_PORT, type Questions } from './questions.ts';

/** An endpoint as sockets take it. */
function upstreamOf(endpoint: Endpoint): Upstream {
  if (endpoint.family === 4) return { address: formatIpv4(endpoint.address), port: endpoint.port };
  const zone = endpoint.scope === '' ? '' : `%${endpoint.scope}`;
  return { address: `${formatIpv6(endpoint.address)}${zone}`, port: endpoint.port };
}

export class ListenOnly implements Questions {
  readonly #config: ResolverConfig;
  readonly #host: Host;
  readonly #resolver: Resolver;
  readonly #listeners: Listener[] = [];
  #upstreams: readonly Upstream[] = [];

  constructor(config: ResolverConfig, host: Host, resolver: Resolver) {
    this.#config = config;
    this.#host = host;
    this.#resolver = resolver;
  }

  async refresh(): Promise<void> {
    const { listen: endpoints, upstreams, serve } = this.#config;
    this.#upstreams =
      upstreams.length > 0
        ? upstreams.map(upstreamOf)
        : hostNameServers(this.#host).map(({ address, zone }) => ({
            address: zone === '' ? address : `${address}%${zone}`,
            port: DNS_PORT,
          }));
    for (const listener of this.#listeners) listener.setUpstreams(this.#upstreams);
    if (this.#listeners.length > 0) return;
    const accept = serves(
      serve.map((prefix) => (prefix.family === 4 ? formatIpv4Prefix(prefix) : formatIpv6Prefix(prefix))),
    );
    for (const endpoint of endpoints) {
      const { address, port } = upstreamOf(endpoint);
      this.#listeners.push(
        await listen({ address, port, upstreams: this.#upstreams, resolver: this.#resolver, accept }),
      );
    }
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
}
