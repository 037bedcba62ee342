/** Strangers over the end of a run (M14, M15). */
import test from 'ava';
import type { Ipv4Address } from '../address/ipv4.ts';
import { MemoryFiles } from './fixture/memory-files.ts';
import { beginRun, peer } from './fixture/scene.ts';

test('M14: strangers come back as strangers, and those that were promised since as ours', async (t) => {
  const clock = { now: 1_000_000 };
  const files = new MemoryFiles();
  const first = await beginRun(files, clock);
  const stays = first.mapper.admit(peer(1)) as Ipv4Address;
  const adopted = first.mapper.admit(peer(2)) as Ipv4Address;
  first.mapper.assign(peer(2), { name: 'host6.test.', ttlSeconds: 30 });
  const second = await beginRun(files, clock);
  t.true(second.mapper.mappingOf(stays)?.isStranger);
  t.false(second.mapper.mappingOf(adopted)?.isStranger);
  t.is(second.mapper.admit(peer(1)), stays);
});
