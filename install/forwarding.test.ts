import test from 'ava';
import {
  chooseForwarding,
  type ForwardingChoice,
  type ForwardingObservation,
  type InterfaceForwarding,
  observeForwarding,
} from './forwarding.ts';
import { apply, undo } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

/** An interface of a host that is no router: `-` where the kernel has no such file. */
function seen(name: string, force = '0', forwarding = '0', acceptRa = '1'): InterfaceForwarding {
  const file = (value: string): string | undefined => (value === '-' ? undefined : value);
  return { name, forceForwarding: file(force), forwarding: file(forwarding), acceptRa: file(acceptRa) };
}

const rows: readonly {
  title: string;
  observation: ForwardingObservation;
  way: ForwardingChoice['way'];
  guarded: readonly string[];
  titles: readonly string[];
  reason: RegExp;
}[] = [
  {
    title: 'no IPv6 in the kernel: nothing',
    observation: { all: undefined, ours: [seen('bis0', '-', '-', '-')], others: [] },
    way: 'none',
    guarded: [],
    titles: [],
    reason: /no IPv6/,
  },
  {
    title: 'somebody else made the host a router: nothing is set, and nothing guarded',
    observation: { all: '1', ours: [seen('bis0'), seen('eth0', '0', '1')], others: [] },
    way: 'already',
    guarded: [],
    titles: [],
    reason: /on already/,
  },
  {
    title: 'force_forwarding on the device and every uplink, guarded on the uplinks',
    observation: { all: '0', ours: [seen('bis0'), seen('eth0'), seen('wlan0')], others: [seen('default')] },
    way: 'force',
    guarded: ['eth0', 'wlan0'],
    titles: ['bis0/force_forwarding to 1', 'eth0/force_forwarding to 1', 'wlan0/force_forwarding to 1'],
    reason: /stays no router/,
  },
  {
    title: 'an uplink that somebody else forces already is neither set nor guarded',
    observation: { all: '0', ours: [seen('bis0'), seen('eth0', '1')], others: [] },
    way: 'force',
    guarded: [],
    titles: ['bis0/force_forwarding to 1'],
    reason: /on already: eth0/,
  },
  {
    title: 'an uplink that went while we looked does not make the host a router',
    observation: { all: '0', ours: [seen('bis0'), seen('eth0', '-', '-', '-')], others: [seen('default')] },
    way: 'force',
    guarded: [],
    titles: ['bis0/force_forwarding to 1'],
    reason: /stays no router/,
  },
  {
    title: 'before Linux 6.17: accept_ra first, on default too, then all.forwarding; every other way in is guarded',
    observation: {
      all: '0',
      ours: [seen('bis0', '-', '0', '0'), seen('eth0', '-')],
      others: [seen('default', '-'), seen('lo', '-'), seen('br0', '-', '1', '2')],
    },
    way: 'router',
    guarded: ['eth0', 'lo', 'br0'],
    titles: [
      'default/accept_ra to 2',
      'lo/accept_ra to 2',
      'eth0/accept_ra to 2',
      'br0/forwarding at 1',
      'all/forwarding to 1',
    ],
    reason: /before 6\.17/,
  },
];

for (const { title, observation, way, guarded, titles, reason } of rows) {
  test(title, (t) => {
    const choice = chooseForwarding(observation);
    t.is(choice.way, way);
    t.deepEqual(choice.guarded, guarded);
    t.deepEqual(
      choice.steps.map((step) => step.title.replace('/proc/sys/net/ipv6/conf/', '').replace(/^(set|keep) /, '')),
      titles,
    );
    t.regex(choice.reasons.join('\n'), reason);
  });
}

test('before Linux 6.17: undoing ends router mode, then gives back what was a router, then accept_ra', async (t) => {
  const host = new RecordingHost();
  const { steps } = chooseForwarding({
    all: '0',
    ours: [seen('bis0', '-', '0', '0'), seen('eth0', '-')],
    others: [seen('br0', '-', '1', '0')],
  });
  await apply(steps, host);
  host.done.length = 0;
  t.deepEqual(await undo(steps, host), []);
  t.deepEqual(
    host.done.map((line) => line.replace('/proc/sys/net/ipv6/conf/', '')),
    ['all/forwarding < 0', 'br0/forwarding < 1', 'eth0/accept_ra < 1'],
  );
});

test('S9: an interface name that is more than one word is refused before a path is made of it', async (t) => {
  const host = new RecordingHost();
  host.output.set('ip -j link', '[{"ifname":"lo"},{"ifname":"eth0"}]');
  for (const name of ['a;b', '$(x)', '../all'])
    await t.throwsAsync(observeForwarding(host, 'bis0', [name]), undefined, name);
  const { others } = await observeForwarding(host, 'bis0', ['eth0']);
  t.deepEqual(
    others.map(({ name }) => name),
    ['default', 'lo'],
  );
});
