import test from 'ava';
import type { TraceEvent } from './control/agent.ts';
import { from4, pumpScene } from './data-plane/fixture/pump-scene.ts';
import { createTraceRing, TraceReader, TraceWriter } from './data-plane/trace-ring.ts';
import { PacketWatch } from './packet-watch.ts';

function watchedScene() {
  const ring = createTraceRing();
  const watch = new PacketWatch(() => [new TraceReader(ring)]);
  const writer = new TraceWriter(ring);
  return { ...pumpScene({ trace: writer }), watch, isOn: () => writer.isOn() };
}

const packet = `${from4} ttl=64 df | UDP 40000 > 53`;

/** Watches until so many events have come. */
async function watches(watch: PacketWatch, count: number, begun?: () => void): Promise<TraceEvent[]> {
  const ending = new AbortController();
  const events: TraceEvent[] = [];
  const packets = watch.packets(ending.signal);
  const first = packets.next();
  begun?.();
  for (let next = await first; next.done !== true; next = await packets.next()) {
    events.push(...next.value);
    if (events.length >= count) ending.abort();
  }
  return events;
}

test('two that watch both get everything, and the workers rest when nobody does', async (t) => {
  const { watch, through, isOn } = watchedScene();
  t.false(isOn());
  const both = [watches(watch, 2), watches(watch, 2, () => through([packet, packet]))];
  t.true(isOn());
  for (const events of await Promise.all(both)) {
    t.deepEqual(
      events.map((each) => ('lost' in each ? 'lost' : `${each.to} ${each.verdict} ${each.sent.length}`)),
      ['IPv6 translated 1', 'IPv6 translated 1'],
    );
  }
  t.false(isOn());
});

test('one that is slow loses packets, which are counted', async (t) => {
  const { watch, through } = watchedScene();
  const ending = new AbortController();
  const packets = watch.packets(ending.signal);
  const first = packets.next();
  through(packet);
  await first;
  for (let burst = 0; burst < 6; burst++) {
    through(new Array(2500).fill(packet));
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  const events = (await packets.next()).value ?? [];
  t.deepEqual([events.length, events.at(-1)], [10_001, { lost: 5000 }]);
  ending.abort();
  t.true((await packets.next()).done);
});

test('the end of the bump is the end of every watch', async (t) => {
  const { watch, isOn } = watchedScene();
  const events = watches(watch, 1);
  watch.end();
  t.deepEqual(await events, []);
  t.false(isOn());
});
