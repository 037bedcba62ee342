/**
 * Ten times what can be under way (D6): the rest is refused, and then all is as before within a second.
 * `BIS_OVERLOAD_SECONDS=60` makes it as long as the requirement has it.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { ask } from './fixture/listening.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings } from './fixture/surroundings.ts';
import { printed, question } from './fixture/zone-line.ts';
import { listen } from './listener/listener.ts';
import { withId } from './message/header.ts';
import { MOST_IN_FLIGHT } from './refuse-overload.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';

const seconds = Number(process.env.BIS_OVERLOAD_SECONDS ?? 2);
/** Turns in which a second's questions are sent. */
const TURNS = 20;

test(`D6: ten times overload for ${seconds} s: refused, never more under way than allowed, and normal within a second`, async (t) => {
  t.timeout((seconds + 30) * 1000);
  const upstream = await fakeUpstream((text) => {
    if (text.startsWith('silent')) return undefined;
    return text.includes('AAAA') ? { answers: ['host6.example. 60 IN AAAA 2001:db8::9'] } : {};
  });
  const resolver = createResolver({
    mappings: fakeMappings(),
    host: fakeHost(),
    settings: defaultSettings,
    sockets: plainSockets,
  });
  const listener = await listen({ address: '127.0.0.1', port: 0, upstreams: [upstream], resolver });
  const client = createSocket('udp4');
  const rcodes = new Map<number, number>();
  client.on('message', (answer) => {
    const rcode = (answer[3] ?? 0) & 15;
    rcodes.set(rcode, (rcodes.get(rcode) ?? 0) + 1);
  });

  let sent = 0;
  let most = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (let count = (10 * MOST_IN_FLIGHT) / TURNS; count > 0; count--, sent++) {
      client.send(withId(question(`silent${sent}.example A`), sent & 0xffff), listener.port, '127.0.0.1');
    }
    await wait(1000 / TURNS);
    most = Math.max(most, resolver.inFlight);
  }
  t.true((rcodes.get(5) ?? 0) > MOST_IN_FLIGHT, `${rcodes.get(5)} refused of ${sent}`);
  // Those that are being refused in this turn are counted as well.
  t.true(most <= 2 * MOST_IN_FLIGHT, `${most} under way`);

  await wait(1000);
  const here = { address: '127.0.0.1', port: listener.port };
  for (const transport of ['udp', 'tcp'] as const) {
    const answer = await ask(question('host6.example A'), here, transport, AbortSignal.timeout(4000));
    t.deepEqual(printed(answer).answers, ['host6.example. 60 IN A 10.170.160.1'], transport);
  }
  client.close();
  await Promise.all([listener.close(), upstream.close()]);
});
