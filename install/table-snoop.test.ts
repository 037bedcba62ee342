import test from 'ava';
import { canRenewElements, portsCommands, renewCommands, snoopCommands, withdrawSnoopCommands } from './table-snoop.ts';

const settings = { table: 'bis' };

const pairs = [
  { device: 'lo', server: '127.0.0.53', address: '127.0.0.1', port: 5301 },
  { device: 'eth0', server: 'fe80::53', address: 'fe80::1', port: 5302 },
  { device: 'eth0', server: '192.0.2.53', address: '192.0.2.1', port: 5303 },
];

test('questions to catch replace those before, with a timeout on what decides', (t) => {
  t.is(
    snoopCommands(settings, pairs, 5),
    `flush map inet bis servers4
add element inet bis servers4 { "lo" . 127.0.0.53 : 127.0.0.1 . 5301, "eth0" . 192.0.2.53 : 192.0.2.1 . 5303 }
flush set inet bis asked4
add element inet bis asked4 { "lo" . 127.0.0.53 timeout 5s, "eth0" . 192.0.2.53 timeout 5s }
flush map inet bis servers6
add element inet bis servers6 { "eth0" . fe80::53 : fe80::1 . 5302 }
flush set inet bis asked6
add element inet bis asked6 { "eth0" . fe80::53 timeout 5s }
`,
  );
  t.is(
    withdrawSnoopCommands(settings),
    'flush map inet bis servers4\nflush set inet bis asked4\nflush map inet bis servers6\nflush set inet bis asked6\n',
  );
});

test('renewing gives what decides another lifetime, and leaves the rest', (t) => {
  t.is(
    renewCommands(settings, pairs, 5),
    `add element inet bis asked4 { "lo" . 127.0.0.53 timeout 5s expires 5s, "eth0" . 192.0.2.53 timeout 5s expires 5s }
add element inet bis asked6 { "eth0" . fe80::53 timeout 5s expires 5s }
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
    `flush set inet bis ports4
add element inet bis ports4 { 127.0.0.1 . 5301, 192.0.2.1 . 5303 }
flush set inet bis ports6
add element inet bis ports6 { fe80::1 . 5302 }
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
