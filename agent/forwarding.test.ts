import test from 'ava';
import { type Step, undo } from '../install/step.ts';
import { RecordingHost } from '../install/testing/recording-host.ts';
import { Forwarding } from './forwarding.ts';
import { Repairs } from './repairs.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const CONF = '/proc/sys/net/ipv6/conf';

/** A host with these interfaces, each with the sysctls of a kernel that has `force_forwarding` or has not. */
function hostOf(names: readonly string[], hasForce: boolean): RecordingHost {
  const host = new RecordingHost({ [`${CONF}/all/forwarding`]: '0\n' });
  for (const name of ['default', 'bis0', ...names]) addInterface(host, name, hasForce);
  host.output.set('ip -j link show', JSON.stringify(['bis0', ...names].map((ifname) => ({ ifname }))));
  return host;
}

function addInterface(host: RecordingHost, name: string, hasForce: boolean): void {
  host.files.set(`${CONF}/${name}/forwarding`, '0\n');
  host.files.set(`${CONF}/${name}/accept_ra`, '1\n');
  if (hasForce) host.files.set(`${CONF}/${name}/force_forwarding`, '0\n');
}

/** Forwarding with a journal in memory; `end` undoes what it says. */
function forwardingOn(host: RecordingHost): {
  forwarding: Forwarding;
  guarded: () => readonly string[];
  end: () => Promise<readonly Error[]>;
} {
  let guarded: readonly string[] = [];
  const guard = (interfaces: readonly string[]): void => {
    guarded = interfaces;
    host.done.push(`guard ${interfaces.join(' ')}`);
  };
  const noted = new Map<string, Step>();
  const journal = {
    note: (steps: readonly Step[]) => {
      for (const step of steps) if (!noted.has(step.title)) noted.set(step.title, step);
    },
  };
  const isZero = (path: string): boolean => host.files.get(path)?.trim() === '0';
  const forwarding = new Forwarding({
    device: 'bis0',
    host,
    log: silent,
    journal,
    repairs: new Repairs(),
    guard,
    isZero,
  });
  return { forwarding, guarded: () => guarded, end: () => undo([...noted.values()], host) };
}

const force = (host: RecordingHost, name: string): string | undefined =>
  host.files.get(`${CONF}/${name}/force_forwarding`)?.trim();

test('the guard stands before an uplink forwards, and all is as it was afterwards', async (t) => {
  const host = hostOf(['eth0'], true);
  const before = new Map(host.files);
  const { forwarding, end } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  const changes = host.done.filter((line) => !line.startsWith('ip '));
  t.is(changes[0], 'guard eth0');
  t.deepEqual([force(host, 'bis0'), force(host, 'eth0')], ['1', '1']);
  await end();
  t.deepEqual([force(host, 'bis0'), force(host, 'eth0')], ['0', '0']);
  t.is(host.files.get(`${CONF}/all/forwarding`), before.get(`${CONF}/all/forwarding`));
});

test('an uplink that comes later is let through; one that goes stays guarded', async (t) => {
  const host = hostOf(['eth0', 'wlan0'], true);
  const { forwarding, guarded, end } = forwardingOn(host);
  await forwarding.follow([]);
  t.deepEqual(guarded(), []);
  await forwarding.follow(['wlan0']);
  await forwarding.follow(['eth0']);
  t.deepEqual(guarded(), ['wlan0', 'eth0']);
  t.is(force(host, 'wlan0'), '1', 'it is not undone before the end');
  await end();
  t.deepEqual([force(host, 'wlan0'), force(host, 'eth0'), force(host, 'bis0')], ['0', '0', '0']);
});

test('an uplink that goes and returns is let through again, and undone once', async (t) => {
  const host = hostOf(['eth0'], true);
  const { forwarding, end } = forwardingOn(host);
  for (let round = 0; round < 5; round++) {
    await forwarding.follow(['eth0']);
    t.is(force(host, 'eth0'), '1');
    // The interface is made anew, with the kernel's defaults.
    addInterface(host, 'eth0', true);
  }
  await forwarding.follow(['eth0']);
  host.done.length = 0;
  await end();
  t.deepEqual(host.done, [`${CONF}/eth0/force_forwarding < 0`, `${CONF}/bis0/force_forwarding < 0`]);
});

test('an interface that has gone for good is no failure to undo', async (t) => {
  const host = hostOf(['eth0'], true);
  const { forwarding, end } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  host.files.delete(`${CONF}/eth0/force_forwarding`);
  t.deepEqual(await end(), []);
});

test('S5: an uplink that forwards already, as one that a killed agent left, is guarded and kept as it is', async (t) => {
  const host = hostOf(['eth0'], true);
  host.files.set(`${CONF}/eth0/force_forwarding`, '1\n');
  const { forwarding, guarded, end } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  t.deepEqual(guarded(), ['eth0']);
  await end();
  t.is(force(host, 'eth0'), '1');
});

test('the guard is lifted while somebody else has made the host a router', async (t) => {
  const host = hostOf(['eth0'], true);
  const { forwarding, guarded } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  host.files.set(`${CONF}/all/forwarding`, '1\n');
  await forwarding.follow(['eth0']);
  t.deepEqual(guarded(), []);
  host.files.set(`${CONF}/all/forwarding`, '0\n');
  await forwarding.follow(['eth0']);
  t.deepEqual(guarded(), ['eth0']);
});

test('S6: forwarding that somebody ends is mended ten times, then it is left as it is, guarded', async (t) => {
  const host = hostOf(['eth0'], true);
  const { forwarding, guarded, end } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  // As the kernel does when somebody sets `all.forwarding` to 0.
  const endIt = (): void => {
    for (const name of ['bis0', 'eth0']) host.files.set(`${CONF}/${name}/force_forwarding`, '0\n');
  };
  for (let count = 0; count < 10; count++) {
    t.false(forwarding.isEnded);
    endIt();
    t.true(forwarding.isEnded);
    await forwarding.follow(['eth0']);
    t.deepEqual([force(host, 'bis0'), force(host, 'eth0')], ['1', '1']);
  }
  endIt();
  t.false(forwarding.isEnded, 'it is not looked after any more');
  await forwarding.follow(['eth0']);
  t.deepEqual([force(host, 'bis0'), force(host, 'eth0'), guarded()], ['0', '0', ['eth0']]);
  t.deepEqual(await end(), []);
});

test('an uplink that went, and one that somebody else forwards for, are no end of forwarding', async (t) => {
  const host = hostOf(['eth0'], true);
  const { forwarding } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  host.files.delete(`${CONF}/eth0/force_forwarding`);
  t.false(forwarding.isEnded);
  addInterface(host, 'eth0', true);
  host.files.set(`${CONF}/all/forwarding`, '1\n');
  await forwarding.follow(['eth0']);
  t.is(force(host, 'eth0'), '0', 'nothing is set on a router');
  t.false(forwarding.isEnded);
});

test('before Linux 6.17: a router of our own making guards interfaces that come later, too', async (t) => {
  const host = hostOf(['eth0'], false);
  const { forwarding, guarded, end } = forwardingOn(host);
  await forwarding.follow(['eth0']);
  t.is(host.files.get(`${CONF}/all/forwarding`), '1');
  // As the kernel does: `all` sets every interface, and `default` those to come.
  for (const name of ['default', 'bis0', 'eth0', 'eth1']) host.files.set(`${CONF}/${name}/forwarding`, '1\n');
  host.files.set(`${CONF}/eth1/accept_ra`, '2\n');
  host.output.set('ip -j link show', JSON.stringify(['bis0', 'eth0', 'eth1'].map((ifname) => ({ ifname }))));
  await forwarding.follow(['eth0']);
  t.deepEqual([...guarded()].sort(), ['eth0', 'eth1']);
  host.done.length = 0;
  await end();
  t.is(host.done[0], `${CONF}/all/forwarding < 0`);
  t.false(
    host.done.some((line) => line.endsWith('/forwarding < 1')),
    'nothing of ours is taken for theirs',
  );
});

test('a step that fails is told, and what was done is undone at the end', async (t) => {
  const host = hostOf(['eth0'], true);
  const write = host.writeText.bind(host);
  host.writeText = (path, text) => {
    if (path.includes('/eth0/') && text === '1') throw new Error('read-only');
    write(path, text);
  };
  const { forwarding, guarded, end } = forwardingOn(host);
  await t.throwsAsync(forwarding.follow(['eth0']), { message: /^Cannot set .*eth0\/force_forwarding to 1$/ });
  t.deepEqual(guarded(), ['eth0']);
  await end();
  t.deepEqual([force(host, 'bis0'), force(host, 'eth0')], ['0', '0']);
});
