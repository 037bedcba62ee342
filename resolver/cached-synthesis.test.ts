/** That synthesis over the cache gives what RFC 6147 §5.1.7 allows: the cache below, one mapping for each answer above. */
import test from 'ava';
import { answerCache } from './answer-cache.ts';
import { newCounters } from './counters.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { arrived, fakeHost, fakeMappings, network, type Reply } from './fixture/surroundings.ts';
import { printed, question } from './fixture/zone-line.ts';
import { defaultSettings } from './settings.ts';
import { synthesizeA } from './synthesize-a.ts';
import type { Upstream } from './upstream/upstream.ts';

const ours: readonly Upstream[] = [{ address: '192.0.2.53', port: 53 }];
const soa = 'example. 300 IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 300';

test('E13, D11: a synthesized answer is made from the aged AAAA, and anew each time', async (t) => {
  const rows: Record<string, Reply> = {
    'host6.example A': { authorities: [soa] },
    'host6.example AAAA': { answers: ['host6.example. 50 IN AAAA 2001:db8::9'] },
  };
  const clock = new ManualClock();
  const counters = newCounters();
  const net = network(rows, clock);
  const mappings = fakeMappings();
  const cache = answerCache({ entries: 10, clock, counters });
  const handler = synthesizeA({
    mappings,
    host: fakeHost(),
    settings: defaultSettings,
    clock,
    counters,
    report: () => {},
  });
  const ask = async (): Promise<string[]> => {
    const asking = arrived(question('host6.example A'), { upstreams: ours });
    return printed(await handler(asking, (below) => cache.handler(below, net))).answers;
  };
  t.deepEqual(await ask(), ['host6.example. 50 IN A 10.170.160.1']);
  await clock.pass(20_000);
  t.deepEqual(await ask(), ['host6.example. 30 IN A 10.170.160.1']);
  t.is(net.asked.length, 2);
  t.is(mappings.promised.length, 2);
});
