import test from 'ava';
import { sourcesCommands } from './table-sources.ts';

const settings = { table: 'bis', device: 'bis0' };
const stale = `add chain ip6 bis stale { type filter hook postrouting priority 150; policy accept; }
flush chain ip6 bis stale
`;

test('rules in the order they are given, after those of before are gone', (t) => {
  const rules = [
    { device: 'eth0', destination: '2001:db8:5::/48', source: undefined },
    { device: 'eth0', destination: 'default', source: '2001:db8::7' },
  ];
  t.is(
    sourcesCommands(settings, rules, ['2001:db8:1::/64']),
    `flush chain ip6 bis sources
add rule ip6 bis sources oifname "eth0" ip6 daddr 2001:db8:5::/48 masquerade
add rule ip6 bis sources oifname "eth0" snat to 2001:db8::7
${stale}add rule ip6 bis stale iifname "bis0" ip6 saddr { 2001:db8::7 } fib saddr type != local counter drop
flush set ip6 bis detached
add element ip6 bis detached { 2001:db8:1::/64 }
`,
  );
  t.is(
    sourcesCommands(settings, [], []),
    `flush chain ip6 bis sources\n${stale}delete chain ip6 bis stale\nflush set ip6 bis detached\n`,
  );
});

test('S9: what is no address, prefix or name is refused', (t) => {
  const rule = { device: 'eth0', destination: '2001:db8::/32', source: '2001:db8::7' };
  for (const wrong of [
    { device: 'eth0" accept' },
    { destination: '::/0 accept' },
    { source: '::1 accept' },
    { source: 'fe80::1%eth0' },
  ])
    t.throws(() => sourcesCommands(settings, [{ ...rule, ...wrong }], []), undefined, JSON.stringify(wrong));
});
