import { readdirSync } from 'node:fs';
import test from 'ava';
import { AddressMapList } from '../../mapper/address-map.ts';
import { SelfMap } from '../../mapper/self-map.ts';
import { Spool } from '../../mapper/spool.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { createCounters, direction, readCounters } from './counters.ts';
import { own, self, spoolRange, strangersOf } from './fixture/pump-scene.ts';
import { Pump } from './pump.ts';
import { createRequests } from './stranger-requests.ts';
import { JoiningTun } from './tun-joining.ts';
import { LinuxTunQueue } from './tun-linux.ts';
import { warmUp } from './warm-up.ts';

test.serial('every packet of the warming up is translated, and no descriptor stays', (t) => {
  const counters = createCounters();
  const descriptors = readdirSync('/proc/self/fd').length;
  const handled = warmUp({ spool: new Spool([spoolRange]).memory, self }, ({ queue, table, spool }) => {
    const maps = new AddressMapList([new SelfMap(self, spool), table.reader]);
    const parts = {
      device: new JoiningTun(new LinuxTunQueue(queue), counters),
      table,
      maps,
      spool,
      self,
      own,
      counters,
      path: new PathMtu(),
    };
    const shared = { trace: { isOn: () => false, note: () => {} }, strangers: strangersOf(createRequests()) };
    return new Pump({ ...parts, ...shared, errorsPerSecond: 100, random: () => {} });
  });
  t.is(handled, 9000);
  for (const way of [direction.FOUR_TO_SIX, direction.SIX_TO_FOUR]) {
    t.like(readCounters([counters], way), { packets: 4500, verdicts: { translated: 4500 } });
  }
  t.is(readdirSync('/proc/self/fd').length, descriptors);
});
