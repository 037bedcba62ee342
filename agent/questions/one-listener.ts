/** One address at which this host is answered, and the servers that are asked for it: what two of the modes listen with. */
import { type Listener, listen } from '../../resolver/listener/listener.ts';
import { serves } from '../../resolver/listener/serve.ts';
import type { Resolver } from '../../resolver/resolver.ts';
import { type Upstream, upstreamName } from '../../resolver/upstream/upstream.ts';
import type { ServerStatus } from '../control/agent.ts';
import { isLinkLocal, type NameServer } from '../network/name-servers.ts';
import { DNS_PORT } from './questions.ts';

export class OneListener {
  readonly #address: string;
  readonly #resolver: Pick<Resolver, 'answer'>;
  readonly #serve: readonly string[];
  #listener: Listener | undefined;
  #upstreams: readonly Upstream[] = [];

  /** An address of this host, and the prefixes of those that are answered there. */
  constructor(address: string, resolver: Pick<Resolver, 'answer'>, serve: readonly string[]) {
    this.#address = address;
    this.#resolver = resolver;
    this.#serve = serve;
  }

  /**
   * From now on these are asked; the first call begins to listen. Resolves to whether they are others than before, and
   * rejects with "Cannot listen on …".
   */
  async ask(servers: readonly NameServer[]): Promise<boolean> {
    const before = this.#upstreams.map(upstreamName).join();
    this.#upstreams = servers.map(upstreamOf);
    this.#listener?.setUpstreams(this.#upstreams);
    this.#listener ??= await listen({
      address: this.#address,
      port: DNS_PORT,
      upstreams: this.#upstreams,
      resolver: this.#resolver,
      accept: serves(this.#serve),
    });
    return this.#upstreams.map(upstreamName).join() !== before;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }

  servers(): readonly ServerStatus[] {
    const listener = this.#listener === undefined ? null : `${this.#address}#${DNS_PORT}`;
    return this.#upstreams.map(({ device = '', ...upstream }) => ({
      device,
      server: upstreamName(upstream),
      listener,
    }));
  }
}

/** A server as sockets take it: with its zone, or bound to its device. */
function upstreamOf({ address, zone }: NameServer): Upstream {
  if (zone === '') return { address, port: DNS_PORT };
  return { address: isLinkLocal(address) ? `${address}%${zone}` : address, port: DNS_PORT, device: zone };
}
