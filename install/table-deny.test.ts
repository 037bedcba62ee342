import test from 'ava';
import { denyCommands } from './table-deny.ts';

const settings = { table: 'bis', device: 'bis0' };

test('S16: what these users send to the device is refused, by their ids', (t) => {
  t.is(denyCommands(settings, []), '');
  t.is(
    denyCommands(settings, [1000, 65_534]),
    `add chain ip bis deny { type filter hook output priority 0; policy accept; }
add rule ip bis deny oifname "bis0" meta skuid { 1000, 65534 } counter reject with icmp type admin-prohibited
add chain ip6 bis deny { type filter hook output priority 0; policy accept; }
add rule ip6 bis deny oifname "bis0" meta skuid { 1000, 65534 } counter reject with icmpv6 type admin-prohibited
`,
  );
  for (const user of [-1, 1.5, 0xffff_ffff, Number.NaN])
    t.throws(() => denyCommands(settings, [user]), undefined, `${user}`);
});
