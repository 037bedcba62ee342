import test from 'ava';
import { canRenewElements, portsCommands, renewCommands, snoopCommands, withdrawSnoopCommands } from './table-snoop.ts';
import { snoop4Commands } from './table-snoop-chains.ts';
import { settings } from './testing/settings.ts';

const pairs = [
  { device: 'lo', server: '127.0.0.53', address: '127.0.0.1', port: 5301 },
  { device: 'eth0', server: 'fe80::53', address: 'fe80::1', port: 5302 },
  { device: 'eth0', server: '192.0.2.53', address: '192.0.2.1', port: 5303 },
];

test('questions to catch replace those before, with a timeout on what decides', (t) => {
  t.is(
    snoopCommands(settings, pairs, 5),
    `flush map ip bis servers4
add element ip bis servers4 { "lo" . 127.0.0.53 : 127.0.0.1 . 5301, "eth0" . 192.0.2.53 : 192.0.2.1 . 5303 }
flush set ip bis asked4
add element ip bis asked4 { "lo" . 127.0.0.53 timeout 5s, "eth0" . 192.0.2.53 timeout 5s }
flush map ip6 bis servers6
add element ip6 bis servers6 { "eth0" . fe80::53 : fe80::1 . 5302 }
flush set ip6 bis asked6
add element ip6 bis asked6 { "eth0" . fe80::53 timeout 5s }
`,
  );
  t.is(
    withdrawSnoopCommands(settings),
    'flush map ip bis servers4\nflush set ip bis asked4\nflush map ip6 bis servers6\nflush set ip6 bis asked6\n',
  );
});

test('the chains for what is asked over IPv4 come and go', (t) => {
  t.is(
    snoop4Commands(settings, true),
    `add chain ip bis caught { type filter hook output priority -300; policy accept; }
flush chain ip bis caught
add rule ip bis caught th dport != 53 return
add rule ip bis caught meta mark & 0xfff == 0xb15 return
add rule ip bis caught jump pass
add rule ip bis caught meta l4proto { tcp, udp } th dport 53 oifname . ip daddr @asked4 ct original zone set 46464
add chain ip bis snoop { type nat hook output priority -110; policy accept; }
flush chain ip bis snoop
add rule ip bis snoop ct original zone != 46464 return
add rule ip bis snoop meta l4proto { tcp, udp } dnat to oifname . ip daddr map @servers4
add chain ip bis input { type filter hook input priority -10; policy accept; }
flush chain ip bis input
add rule ip bis input ct direction reply return
add rule ip bis input iifname "lo" return
add rule ip bis input meta l4proto { tcp, udp } ip daddr . th dport @ports4 counter drop
`,
  );
  const gone = snoop4Commands(settings, false).split('\n');
  t.deepEqual(
    gone.filter((line) => line.startsWith('delete')),
    ['caught', 'snoop', 'input'].map((chain) => `delete chain ip bis ${chain}`),
  );
});

test('renewing gives what decides another lifetime, and leaves the rest', (t) => {
  t.is(
    renewCommands(settings, pairs, 5),
    `add element ip bis asked4 { "lo" . 127.0.0.53 timeout 5s expires 5s, "eth0" . 192.0.2.53 timeout 5s expires 5s }
add element ip6 bis asked6 { "eth0" . fe80::53 timeout 5s expires 5s }
`,
  );
  t.is(renewCommands(settings, pairs.slice(0, 1), 5).split('\n').length, 2, 'nothing for a family without servers');
  t.is(renewCommands(settings, [], 5), '');
});

test('which kernels can', (t) => {
  const can = ['6.12', '6.12.0-rc1', '6.18.44-fc', '7.0.1-generic'];
  const cannot = ['', '5.15.0', '6.1.0-28-amd64', '6.8.0-45-generic', '6.11.9'];
  t.deepEqual([...can, ...cannot].filter(canRenewElements), can);
});

test('D5: listeners to guard', (t) => {
  t.is(
    portsCommands(settings, pairs),
    `flush set ip bis ports4
add element ip bis ports4 { 127.0.0.1 . 5301, 192.0.2.1 . 5303 }
flush set ip6 bis ports6
add element ip6 bis ports6 { fe80::1 . 5302 }
`,
  );
  t.throws(() => portsCommands(settings, [{ address: '0.0.0.0', port: 53 }]), { message: /an address to listen on/ });
});

test('S9: nothing but words of the right kind gets into a command that catches', (t) => {
  for (const name of ['a;b', '$(x)', '*', '"', '']) {
    t.throws(() => snoopCommands(settings, [{ ...pairs[1], device: name } as never], 5), undefined, name);
  }
  const [pair] = pairs;
  for (const part of [
    { server: 'fe80::53' },
    { server: '::1%lo' },
    { address: '::1' },
    { port: 0 },
    { port: 65_536 },
  ]) {
    t.throws(() => snoopCommands(settings, [{ ...pair, ...part } as never], 5), undefined, JSON.stringify(part));
  }
  for (const timeout of [0, 0.5, 3601, Number.NaN]) t.throws(() => snoopCommands(settings, pairs, timeout));
});
