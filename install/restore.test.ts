import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { dedicatedStep } from './dedicated.ts';
import { chooseForwarding, type ForwardingObservation } from './forwarding.ts';
import { guardSteps } from './guard.ts';
import { CommandError } from './host.ts';
import { Journal } from './journal.ts';
import { restore } from './restore.ts';
import { apply, type Step, step } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

const place = { boot: 'b007', namespace: 'net:[1]' };
const guard = {
  table: 'bis',
  device: 'bis0',
  ula: 'fd00::/96',
  spool: '10.170.160.0/20',
  self: ['172.21.112.1'],
  self6: 'fd00::ac15:7001',
};
const CONF = '/proc/sys/net/ipv6/conf';

/** A journal in which these steps are noted and none undone. */
function left(t: ExecutionContext, steps: readonly Step[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'bis-restore-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'journal');
  new Journal(path, place, new RecordingHost()).note(steps);
  return path;
}

/** Everything that is journalled on a host whose kernel has `force_forwarding`, or has not. */
function stepsOn(files: ReadonlyMap<string, string>, hasForce: boolean): Step[] {
  const read = (name: string, key: string): string | undefined => files.get(`${CONF}/${name}/${key}`);
  const seen = (name: string): ForwardingObservation['ours'][number] => ({
    name,
    forceForwarding: hasForce ? read(name, 'force_forwarding') : undefined,
    forwarding: read(name, 'forwarding'),
    acceptRa: read(name, 'accept_ra'),
  });
  const observation = { all: '0', ours: ['bis0', 'eth0'].map(seen), others: ['default', 'wlan0'].map(seen) };
  const dedicated = ['2001:db8:1::7', '2001:db8:2::7'].map((address) => dedicatedStep('eth0', address));
  return [...guardSteps(guard), ...chooseForwarding(observation).steps, ...dedicated];
}

/** A host whose `all.forwarding` sets every interface, as the kernel's does, and which has addresses. */
function host(): RecordingHost {
  const names = ['default', 'bis0', 'eth0', 'wlan0'];
  const files = names.flatMap((name): [string, string][] => [
    [`${CONF}/${name}/force_forwarding`, '0'],
    [`${CONF}/${name}/forwarding`, name === 'wlan0' ? '1' : '0'],
    [`${CONF}/${name}/accept_ra`, name === 'eth0' ? '1' : '0'],
  ]);
  const made = new RecordingHost({ ...Object.fromEntries(files), [`${CONF}/all/forwarding`]: '0' });
  const write = made.writeText.bind(made);
  made.writeText = (path, text) => {
    write(path, text);
    if (path === `${CONF}/all/forwarding`) for (const name of names) made.files.set(`${CONF}/${name}/forwarding`, text);
  };
  const run = made.run.bind(made);
  made.run = async (argv) => {
    const [program, , object, verb, address] = argv;
    if (program !== 'ip' || object !== 'address') return run(argv);
    if (verb === 'replace') made.files.set(`address ${address}`, 'there');
    else if (!made.files.delete(`address ${address}`))
      throw new CommandError(argv, 'Error: ipv6: address not found.', undefined);
    return run(argv);
  };
  return made;
}

for (const hasForce of [true, false]) {
  test(`S5: a crash before and after every step is undone, the guard last, ${hasForce ? 'with' : 'without'} force_forwarding`, async (t) => {
    const count = stepsOn(host().files, hasForce).length;
    t.true(count >= 3);
    for (let noted = 1; noted <= count; noted++) {
      for (const done of [noted - 1, noted]) {
        const crashed = host();
        const before = new Map(crashed.files);
        const steps = stepsOn(crashed.files, hasForce);
        const path = left(t, steps.slice(0, noted));
        await apply(steps.slice(0, done), crashed);
        crashed.done.length = 0;
        const { undone, failures } = await restore(path, crashed, place);
        t.deepEqual([undone.length, failures], [noted, []]);
        t.deepEqual(crashed.files, before, `${done} of ${noted} noted steps were done`);
        t.is(crashed.done.at(-1), 'nft delete table inet bis_guard');
        t.deepEqual(await restore(path, crashed, place), { undone: [], failures: [] });
      }
    }
  });
}

const volatile = step('set /proc/x to 1', { path: '/proc/x', text: '1' }, { path: '/proc/x', text: '0', onlyIf: '1' });
const lasting = step(
  'write /etc/y',
  { path: '/etc/y', text: 'ours' },
  { path: '/etc/y', text: 'theirs', onlyIf: 'ours' },
);
const marked = (): RecordingHost => new RecordingHost({ '/proc/x': '1', '/etc/y': 'ours' });

test('S5: sysctls of another boot are gone with it; files are put back', async (t) => {
  const path = left(t, [volatile, lasting]);
  const after = marked();
  t.deepEqual((await restore(path, after, { ...place, boot: 'other' })).undone, ['write /etc/y']);
  t.deepEqual(after.done, ['/etc/y < theirs']);
  t.false(existsSync(path));
});

test('S5: another network namespace is left alone while it is there, and nothing is left of it when it is not', async (t) => {
  const path = left(t, [volatile, lasting]);
  const here = { ...place, namespace: 'net:[2]' };
  await t.throwsAsync(
    restore(path, marked(), here, () => true),
    { message: /another network namespace, net:\[1\]/ },
  );
  t.true(existsSync(path));
  t.deepEqual((await restore(path, marked(), here, () => false)).undone, ['write /etc/y']);
});

test('S5: what others changed since is left alone', async (t) => {
  const changed = new RecordingHost({ '/proc/x': '2', '/etc/y': 'somebody else’s' });
  t.deepEqual((await restore(left(t, [volatile, lasting]), changed, place)).failures, []);
  t.deepEqual(changed.done, []);
});

test('what fails stays in the journal for the next who tries', async (t) => {
  const path = left(t, [step('make a', { nft: 'x' }, { nft: 'delete a' }), volatile]);
  const busy = marked();
  busy.failing.set('nft', 'busy');
  t.deepEqual(
    (await restore(path, busy, place)).failures.map(({ message }) => message),
    ['Cannot undo: make a'],
  );
  t.true(existsSync(path));
  t.deepEqual((await restore(path, marked(), place)).failures, []);
  t.false(existsSync(path));
});
