import test from 'ava';
import { recipientCommands } from './table-recipient.ts';

const settings = { table: 'bis', device: 'bis0', self6: 'fd00:b15::ac15:7001' };

test('S2: what is exposed, word by word', (t) => {
  const exposed = {
    tcp: [
      { first: 22, last: 22 },
      { first: 8080, last: 8080 },
    ],
    udp: [{ first: 5000, last: 5010 }],
  };
  t.is(
    recipientCommands(settings, exposed),
    `add chain ip6 bis recipient { type nat hook prerouting priority -90; policy accept; }
flush chain ip6 bis recipient
add rule ip6 bis recipient iifname "bis0" return
add rule ip6 bis recipient ip6 saddr fe80::/10 return
add rule ip6 bis recipient fib daddr type != local return
add rule ip6 bis recipient ct state != new return
add rule ip6 bis recipient meta l4proto tcp tcp flags & (fin | syn | rst | ack) != syn return
add rule ip6 bis recipient socket transparent 0 return
add rule ip6 bis recipient socket transparent 1 return
add rule ip6 bis recipient udp dport @exposed_udp ct timeout set "udp6"
add rule ip6 bis recipient tcp dport @exposed_tcp dnat to fd00:b15::ac15:7001
add rule ip6 bis recipient udp dport @exposed_udp dnat to fd00:b15::ac15:7001
flush set ip6 bis exposed_tcp
add element ip6 bis exposed_tcp { 22, 8080 }
flush set ip6 bis exposed_udp
add element ip6 bis exposed_udp { 5000-5010 }
`,
  );
});

test('S2: at a dedicated address no socket of this host claims anything', (t) => {
  const one = [{ first: 8080, last: 8080 }];
  const commands = recipientCommands({ ...settings, dedicated: true }, { tcp: one, udp: one });
  const added = commands.split('\n').filter((line) => line.includes('@dedicated'));
  t.deepEqual(added, [
    'add rule ip6 bis recipient ip6 daddr @dedicated udp dport @exposed_udp ct timeout set "udp6"',
    'add rule ip6 bis recipient ip6 daddr @dedicated tcp dport @exposed_tcp dnat to fd00:b15::ac15:7001',
    'add rule ip6 bis recipient ip6 daddr @dedicated udp dport @exposed_udp dnat to fd00:b15::ac15:7001',
  ]);
  t.true(commands.indexOf('@dedicated') < commands.indexOf('socket transparent'));
});

test('S2: nothing exposed is no chain at all', (t) => {
  t.is(
    recipientCommands(settings, { tcp: [], udp: [] }),
    `add chain ip6 bis recipient { type nat hook prerouting priority -90; policy accept; }
flush chain ip6 bis recipient
delete chain ip6 bis recipient
flush set ip6 bis exposed_tcp
flush set ip6 bis exposed_udp
`,
  );
});

test('S2: where the kernel keeps the guard, its sets of exposed ports are those of our own table', (t) => {
  for (const tcp of [[], [{ first: 8080, last: 8090 }]]) {
    const lines = recipientCommands({ ...settings, keeps: true }, { tcp, udp: [{ first: 53, last: 53 }] }).split('\n');
    const of = (table: string): string[] =>
      lines.filter((line) => line.includes(` ip6 ${table} exposed_`)).map((line) => line.replace(table, ''));
    t.true(of('bis').length >= 3);
    t.deepEqual(of('bis_guard'), of('bis'));
  }
});

test('S9: what is no port, device or address reaches no command', (t) => {
  const expose = (first: number, last: number) => () =>
    recipientCommands(settings, { tcp: [{ first, last }], udp: [] });
  for (const [first, last] of [
    [0, 0],
    [1, 65_536],
    [1.5, 2],
    [Number.NaN, 1],
  ] as const) {
    t.throws(expose(first, last), { message: /as a port in an nft command/ });
  }
  const one = { tcp: [{ first: 1, last: 1 }], udp: [] };
  t.throws(() => recipientCommands({ ...settings, self6: 'fd00::1; flush ruleset' }, one), { message: /address/ });
  t.throws(() => recipientCommands({ ...settings, device: 'a;b' }, one));
});
