/** A resolver for fuzzing: its sockets are none, its network says what it is told, its time never passes. */

import type { Socket as UdpSocket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, type Ipv6Address } from '../../mapper/address/ipv6.ts';
import type { Clock } from '../../resolver/clock.ts';
import { createResolver, type Resolver } from '../../resolver/resolver.ts';
import { defaultSettings } from '../../resolver/settings.ts';
import type { UpstreamSockets } from '../../resolver/upstream/sockets.ts';
import type { Upstream } from '../../resolver/upstream/upstream.ts';
import type { Random } from './mutate.ts';

/** The datagrams that come back for a question, in order; when none is taken, the question is given up. */
export type Says = (question: Uint8Array) => readonly Uint8Array[];

/** A socket that only exists as far as an exchange looks at it. */
class PretendSocket extends EventEmitter {
  #isOpen = true;
  readonly #says: Says;

  constructor(says: Says) {
    super();
    this.#says = says;
  }

  send(message: Uint8Array, done: (error: Error | null) => void): void {
    done(null);
    queueMicrotask(() => {
      for (const datagram of this.#says(message)) {
        if (this.#isOpen) this.emit('message', datagram);
      }
      if (this.#isOpen) this.emit('error', new Error('nothing was taken'));
    });
  }

  close(): void {
    this.#isOpen = false;
  }
}

const stillClock: Clock = { now: () => 0, timeOfDay: () => 0, after: () => () => {} };
const upstreams: readonly Upstream[] = [{ address: '192.0.2.53', port: 53 }];

export class NameScene {
  /** What the network says now. */
  says: Says = () => [];
  /** The IPv6 addresses that were mapped since it was emptied. */
  readonly mapped = new Set<string>();
  readonly resolver: Resolver;

  constructor(random: Random) {
    const sockets: UpstreamSockets = {
      udp: async () => new PretendSocket((question) => this.says(question)) as unknown as UdpSocket,
      tcp: () => Promise.reject(new Error('only datagrams here')),
    };
    const assign = (ipv6: Ipv6Address) => {
      this.mapped.add(formatIpv6(ipv6));
      return ipv4(0x0aaaa001);
    };
    this.resolver = createResolver({
      mappings: {
        makeRoomFor: async (addresses) => addresses,
        assign,
        mappingOf: () => undefined,
        isSpool: (address) => address >>> 12 === 0x0aaaa,
      },
      host: { isOwn: () => false, pref64: () => [], hasIpv4Route: () => true },
      settings: { ...defaultSettings, svcbHints: 'strip', dohCanary: true, cacheEntries: 64 },
      sockets,
      clock: stillClock,
      random: (below) => random.below(below),
      report: (line) => {
        throw new Error(line);
      },
    });
  }

  ask(message: Uint8Array): Promise<Uint8Array | undefined> {
    return this.resolver.answer(message, { protocol: 'udp', source: { address: '127.0.0.1', port: 1 }, upstreams });
  }
}
