/**
 * A place where questions are taken: one address and one port, over UDP and TCP alike (E18), with the servers that its
 * questions are asked of. When questions are caught on their way out, every (device, server) pair has its own.
 */

import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import { type Clock, systemClock } from '../clock.ts';
import type { Resolver } from '../resolver.ts';
import type { ServerLists } from '../server-lists.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { bindTcp, serveTcp } from './over-tcp.ts';
import { bindUdp, serveUdp } from './over-udp.ts';

export interface ListenOptions {
  /** IPv4 or IPv6; link-local addresses with their zone: `fe80::1%eth0`. */
  readonly address: string;
  /** 0: one that is free for both protocols. */
  readonly port: number;
  readonly upstreams: readonly Upstream[];
  /** Told of the servers that its questions are asked of, if it wants to know. */
  readonly resolver: Pick<Resolver, 'answer'> & { readonly servers?: Pick<ServerLists, 'set' | 'delete'> };
  /** Whether questions from a source address are answered; all are, if this is left out. */
  readonly accept?: (source: string) => boolean;
  readonly clock?: Clock;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** From the next question on, others are asked. The list must not be changed afterwards. */
  setUpstreams(upstreams: readonly Upstream[]): void;
  /** Stops listening and ends every connection; questions under way are no longer answered. */
  close(): Promise<void>;
}

/** How often another port is tried when the one UDP got is taken for TCP. */
const PORT_TRIES = 16;

/** Rejects with "Cannot listen on …" when the address or port cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { address, resolver, accept = () => true, clock = systemClock } = options;
  let { upstreams } = options;
  const { udp, tcp } = await bindBoth(address, options.port);
  const parts = { resolver, accept, upstreams: () => upstreams, clock };
  serveUdp(udp, parts);
  const endConnections = serveTcp(tcp, parts);
  resolver.servers?.set(udp, upstreams);
  return {
    address,
    port: udp.address().port,
    setUpstreams(list) {
      upstreams = list;
      resolver.servers?.set(udp, list);
    },
    async close() {
      resolver.servers?.delete(udp);
      const closed = [closeOf(udp), closeOf(tcp)];
      endConnections();
      await Promise.all(closed);
    },
  };
}

async function bindBoth(address: string, port: number): Promise<{ udp: Socket; tcp: Server }> {
  for (let tries = 1; ; tries++) {
    let udp: Socket | undefined;
    try {
      udp = await bindUdp(address, port);
      return { udp, tcp: await bindTcp(address, udp.address().port) };
    } catch (cause) {
      udp?.close();
      if (port === 0 && udp !== undefined && tries < PORT_TRIES) continue;
      throw new Error(`Cannot listen on ${address} port ${port}`, { cause });
    }
  }
}

function closeOf(server: Socket | Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
