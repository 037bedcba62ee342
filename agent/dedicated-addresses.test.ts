/** Addresses that come and go with prefixes, on interfaces that do what the kernel would. */
import test from 'ava';
import type { Step } from '../install/step.ts';
import { RecordingHost } from '../install/testing/recording-host.ts';
import { DedicatedAddresses } from './dedicated-addresses.ts';
import type { InterfaceAddress, NetworkInterface } from './network/observe.ts';

const address = (text: string, more: Partial<InterfaceAddress> = {}): InterfaceAddress => ({
  ...{ family: 'inet6', address: text, prefixLength: 64, isUsual: true, isReady: true, isDuplicate: false },
  ...{ isDynamic: true, isTemporary: false },
  ...more,
});

/** A host with `eth0`, whose addresses of ours are in this condition after each round. */
function scene(condition: Partial<InterfaceAddress> = {}) {
  const host = new RecordingHost();
  const noted: string[] = [];
  const state = { own: [address('2001:db8:1::7')], uplinks: ['eth0'], condition, hasNeighbours: true, mayRepair: true };
  const ours = new Set<string>();
  host.run = async (argv) => {
    const [place = ''] = argv[4]?.split('/') ?? [];
    host.done.push(`${argv[3]} ${place}`);
    if (argv[3] === 'replace') ours.add(place);
    else ours.delete(place);
    return '';
  };
  const addresses = new DedicatedAddresses({
    host,
    journal: { note: (steps: readonly Step[]) => void noted.push(...steps.map(({ title }) => title)) },
    repairs: { may: () => state.mayRepair },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    secret: 'fd00::/96',
  });
  const eth0 = (): NetworkInterface => ({
    ...{ name: 'eth0', index: 2, isUp: true, mtu: 1500, prefersTemporary: false, hasNeighbours: state.hasNeighbours },
    addresses: [...state.own, ...[...ours].map((each) => address(each, { isUsual: false, ...state.condition }))],
  });
  return {
    ...{ host, noted, state, ours },
    /** What flows may have after another round. */
    async round(): Promise<string> {
      await addresses.follow([eth0()], state.uplinks);
      const ready = addresses.ready.map(({ device, prefix, source }) => {
        return ours.has(source) ? `${device} ${prefix}` : `${source} is not there`;
      });
      return [...ready, ...(addresses.isPending ? ['pending'] : [])].join(' ');
    },
  };
}

test('an address is noted, given, and used when the kernel is sure that nobody else has it', async (t) => {
  const { host, noted, state, ours, round } = scene({ isReady: false });
  t.is(await round(), 'pending');
  const [given = ''] = ours;
  t.deepEqual(noted, [`give eth0 the dedicated address ${given}`]);
  t.is(await round(), 'pending');
  state.condition = {};
  t.is(await round(), 'eth0 2001:db8:1::/64');
  t.is(await round(), 'eth0 2001:db8:1::/64');
  t.deepEqual(host.done, [`replace ${given}`], 'once');
});

test('S7: renumbered: the new prefix gets one, and that of the old one goes', async (t) => {
  const { state, ours, round } = scene();
  await round();
  await round();
  const [old = ''] = ours;
  state.own = [address('2001:db8:2::7')];
  t.is(await round(), 'pending');
  t.false(ours.has(old));
  t.is(await round(), 'eth0 2001:db8:2::/64');
  t.is(ours.size, 1);
});

test('an uplink that is none for a while keeps its address; a device that never was one gets none', async (t) => {
  const { state, round } = scene();
  state.uplinks = [];
  t.is(await round(), '');
  state.uplinks = ['eth0'];
  await round();
  state.uplinks = [];
  t.is(await round(), 'eth0 2001:db8:1::/64');
});

test('without neighbours, and without a prefix, there is none', async (t) => {
  const overlay = scene();
  overlay.state.hasNeighbours = false;
  t.is(await overlay.round(), '');
  const leased = scene();
  leased.state.own = [address('2001:db8:1::7', { prefixLength: 128 })];
  t.is(await leased.round(), '');
  t.deepEqual([...overlay.host.done, ...leased.host.done], []);
});

test('what somebody else has is given back, and two others are tried', async (t) => {
  const { host, ours, round } = scene({ isReady: false, isDuplicate: true });
  for (let rounds = 0; rounds < 10; rounds++) await round();
  t.is(ours.size, 0);
  const tried = host.done.filter((line) => line.startsWith('replace'));
  t.is(new Set(tried).size, 3);
  t.is(tried.length, 3);
  t.is(await round(), '', 'nothing is waited for any more');
});

test('S6: what somebody takes away is given again, until they have had enough', async (t) => {
  const { state, ours, round } = scene();
  await round();
  await round();
  ours.clear();
  t.is(await round(), 'pending');
  t.is(await round(), 'eth0 2001:db8:1::/64');
  ours.clear();
  state.mayRepair = false;
  t.is(await round(), '');
  t.is(ours.size, 0);
});
