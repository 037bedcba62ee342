/** The resolver and its servers: what it does when they, or the network between, are others than before. */
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { type FakeUpstream, fakeUpstream, type Serve } from './fixture/fake-upstream.ts';
import { ask, soon } from './fixture/listening.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { type FakeMappings, fakeHost, fakeMappings } from './fixture/surroundings.ts';
import { printed, question } from './fixture/zone-line.ts';
import { type Listener, listen } from './listener/listener.ts';
import { createResolver, type Resolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';

interface Scene {
  readonly upstream: FakeUpstream;
  readonly resolver: Resolver;
  readonly listener: Listener;
  readonly mappings: FakeMappings;
}

async function withServer(serve: Serve, play: (scene: Scene) => Promise<void>): Promise<void> {
  const upstream = await fakeUpstream(serve);
  const mappings = fakeMappings();
  const host = fakeHost({ pref64: () => [] });
  const resolver = createResolver({ mappings, host, settings: defaultSettings, sockets: plainSockets });
  const listener = await listen({ address: '127.0.0.1', port: 0, upstreams: [upstream], resolver });
  try {
    await play({ upstream, resolver, listener, mappings });
  } finally {
    await Promise.all([listener.close(), upstream.close()]);
  }
}

const nodata = { authorities: ['example. 30 IN SOA ns.example. hostmaster.example. 1 2 3 4 5'] };
const at = ({ port }: Listener) => ({ address: '127.0.0.1', port });

test('E7: the answer of a DNS64 is never mapped, not even the first one', (t) =>
  withServer(
    (text) => {
      if (text.startsWith('ipv4only.arpa')) return { answers: ['ipv4only.arpa. 60 IN AAAA 2001:db8:64:1::c000:aa'] };
      if (text.startsWith('mixed.example AAAA')) {
        return {
          answers: ['mixed.example. 60 IN AAAA 2001:db8:64:1::c000:221', 'mixed.example. 60 IN AAAA 2001:db8:64:2::9'],
        };
      }
      return text.includes('AAAA') ? { answers: ['only4.example. 60 IN AAAA 2001:db8:64:1::c000:221'] } : nodata;
    },
    async ({ listener, mappings }) => {
      t.deepEqual(printed(await ask(question('only4.example A'), at(listener), 'udp', soon())).answers, []);
      t.deepEqual(mappings.promised, []);
      await ask(question('mixed.example A'), at(listener), 'udp', soon());
      t.deepEqual(mappings.promised, ['10.170.160.1 = 2001:db8:64:2::9 (mixed.example, 30 s)']);
    },
  ));

for (const transport of ['udp', 'tcp'] as const) {
  test(`D9: after a reset, what was under way is asked again through another socket (${transport})`, async (t) => {
    let isDeaf = true;
    const ports: number[] = [];
    await withServer(
      (text, _message, { source }) => {
        if (text.includes('HINFO') || text.startsWith('ipv4only')) return { rcode: 3 };
        ports.push(source.port);
        return isDeaf ? undefined : { answers: ['host6.example. 60 IN MX 10 mail.example.'] };
      },
      async ({ resolver, listener }) => {
        const asking = ask(question('host6.example MX'), at(listener), transport, soon());
        for (let tries = 0; ports.length === 0 && tries < 100; tries++) await wait(10);
        isDeaf = false;
        resolver.reset();
        t.deepEqual(printed(await asking).rcode, 'NOERROR');
        t.is(ports.length, 2);
        t.not(ports[0], ports[1]);
      },
    );
  });
}

test('D9: after a reset, nothing that was kept is said again, and servers are looked at anew', (t) =>
  withServer(
    (text) => (text.includes('AAAA') ? { answers: ['host6.example. 60 IN AAAA 2001:db8::9'] } : nodata),
    async ({ upstream, resolver, listener }) => {
      await ask(question('host6.example A'), at(listener), 'udp', soon());
      const count = (type: string): number => upstream.asked.filter((text) => text.includes(type)).length;
      t.is(count('host6.example'), 2);
      await ask(question('host6.example A'), at(listener), 'udp', soon());
      t.is(count('host6.example'), 2);
      resolver.reset();
      await ask(question('host6.example A'), at(listener), 'udp', soon());
      t.is(count('host6.example'), 4);
      for (let tries = 0; count('HINFO') < 2 && tries < 100; tries++) await wait(10);
      t.is(count('HINFO'), 2);
      t.is(count('ipv4only.arpa'), 2);
    },
  ));

test('servers are known as long as somebody listens for them', (t) =>
  withServer(
    () => ({ rcode: 3 }),
    async ({ upstream, resolver, listener }) => {
      t.deepEqual(resolver.servers.lists, [[upstream]]);
      const second = await listen({ address: '127.0.0.1', port: 0, upstreams: [upstream], resolver });
      t.is(resolver.servers.lists.length, 1, 'the same list of two listeners');
      await second.close();
      listener.setUpstreams([]);
      t.deepEqual(resolver.servers.upstreams, []);
    },
  ));
