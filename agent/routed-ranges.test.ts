import test from 'ava';
import type { TableSettings } from '../install/table.ts';
import { RecordingHost } from '../install/testing/recording-host.ts';
import { RoutedRanges } from './routed-ranges.ts';

const settings = { table: 'bis', device: 'bis0', spool: '10.0.0.0/24' } as unknown as TableSettings;

function scene(keeps = false) {
  const host = new RecordingHost();
  const nft = {
    run: (commands: string) =>
      void host.done.push(
        ...commands
          .trim()
          .split('\n')
          .filter((line) => line.startsWith('add')),
      ),
  };
  const ranges = new RoutedRanges({ host, nft, settings: { ...settings, keeps }, self: '172.21.112.1', hasArp: false });
  const selves = { now: ['172.21.112.1'] };
  const follow = (...wanted: string[]) =>
    ranges.follow(
      { prefixes: wanted, selves: selves.now },
      async (isMoved) => void host.done.push(isMoved ? 'routes, moved' : 'routes'),
    );
  return { host, ranges, selves, follow };
}

test('S8a, M3: what is routed is guarded before it is, and until it is not any more', async (t) => {
  const { host, follow } = scene();
  await follow('10.0.0.0/24');
  t.deepEqual(host.done.splice(0), ['routes']);
  await follow('10.9.0.0/24', '10.0.0.7/32');
  t.deepEqual(host.done.splice(0), [
    'add element ip bis own4 { 10.0.0.0/24, 10.9.0.0/24, 10.0.0.7/32, 172.21.112.1 }',
    'routes, moved',
    'ip -4 route del 10.0.0.0/24 dev bis0',
    'add element ip bis own4 { 10.9.0.0/24, 10.0.0.7/32, 172.21.112.1 }',
  ]);
});

test('S8a, M3: where the kernel keeps the guard, it knows what is ours before a route does, also when the routes fail', async (t) => {
  const { host, ranges, follow } = scene(true);
  await follow('10.9.0.0/24');
  const both = (own: string): string[] =>
    ['bis', 'bis_guard'].map((table) => `add element ip ${table} own4 { ${own} }`);
  t.deepEqual(host.done.splice(0), [
    ...both('10.0.0.0/24, 10.9.0.0/24, 172.21.112.1'),
    'routes, moved',
    'ip -4 route del 10.0.0.0/24 dev bis0',
    ...both('10.9.0.0/24, 172.21.112.1'),
  ]);
  const failing = ranges.follow({ prefixes: ['10.8.0.0/24'], selves: ['172.21.112.1'] }, async () => {
    throw new Error('no route');
  });
  await t.throwsAsync(failing, { message: 'no route' });
  t.deepEqual(host.done.splice(0), both('10.9.0.0/24, 10.8.0.0/24, 172.21.112.1'));
});

test('M3: a route that has gone already is no trouble; any other failure leaves its guard, and is tried again', async (t) => {
  const { host, follow } = scene();
  host.failing.set('ip -4 route del', 'RTNETLINK answers: No such process');
  await follow('10.9.0.0/24');
  host.failing.set('ip -4 route del', 'RTNETLINK answers: Operation not permitted');
  await t.throwsAsync(follow('10.8.0.0/24'));
  t.regex(host.done.findLast((line) => line.startsWith('add')) ?? '', /10\.9\.0\.0\/24, 10\.8\.0\.0\/24/);
  host.failing.clear();
  host.done.splice(0);
  await follow('10.8.0.0/24');
  t.true(host.done.includes('ip -4 route del 10.9.0.0/24 dev bis0'));
});

test('M3: an address of the device is guarded before it is there, and until it has gone', async (t) => {
  const { host, selves, follow } = scene();
  selves.now = ['10.170.224.1', '172.21.112.1'];
  await follow('10.0.0.0/24');
  t.deepEqual(host.done.splice(0), [
    'add element ip bis own4 { 10.0.0.0/24, 172.21.112.1, 10.170.224.1 }',
    'routes, moved',
    'add element ip bis own4 { 10.0.0.0/24, 10.170.224.1, 172.21.112.1 }',
  ]);
  selves.now = ['10.170.224.1'];
  host.failing.set('ip -4 address del', 'RTNETLINK answers: Cannot assign requested address');
  await follow('10.0.0.0/24');
  t.deepEqual(host.done.splice(0), [
    'add element ip bis own4 { 10.0.0.0/24, 10.170.224.1, 172.21.112.1 }',
    'routes, moved',
    'ip -4 address del 172.21.112.1/32 dev bis0',
    'add element ip bis own4 { 10.0.0.0/24, 10.170.224.1 }',
  ]);
});
