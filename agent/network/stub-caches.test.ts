import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { StubCaches } from './stub-caches.ts';

const NAMESPACE = 'net:[1]';
const RESOLVED = '/run/systemd/resolve/resolv.conf';
const FLUSH =
  'busctl --expect-reply=no --json=short --auto-start=no --timeout=2 call org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager FlushCaches';

/** A host on which these processes listen on port 53: `PID NAME ADDRESS…`. */
function hostWith(...programs: readonly string[]): RecordingHost {
  const host = new RecordingHost();
  host.links.set('/proc/self/ns/net', NAMESPACE);
  const lines = programs.flatMap((program) => {
    const [pid = '', name = '', ...addresses] = program.split(' ');
    host.files.set(`/proc/${pid}/comm`, `${name}\n`);
    host.files.set(`/proc/${pid}/status`, 'Name:\tx\nUid:\t104\t104\t104\t104\n');
    return addresses.map((address) => `UNCONN 0 0 ${address}:53 0.0.0.0:* users:(("${name}",pid=${pid},fd=4))\n`);
  });
  host.output.set('ss -Hlnup', lines.join(''));
  return host;
}

/** What a flush does: commands, signals and warnings. */
async function flushed(host: RecordingHost, isAllowed = true, times = 1): Promise<string[]> {
  const done: string[] = [];
  const log = { info: () => {}, warn: (_: unknown, text: string) => void done.push(text) };
  const signal = (pid: number, program: string, name: string): void => {
    if (!isAllowed) throw new Error('EPERM');
    done.push(`${name} ${program} ${pid}`);
  };
  const caches = new StubCaches({ host, log: log as never, signal });
  for (let time = 0; time < times; time++) await caches.flush();
  return [...host.done.filter((line) => !line.startsWith('ss ')), ...done].sort();
}

test('E16: where there is no cache nothing is done', async (t) => {
  t.deepEqual(await flushed(hostWith()), []);
});

test('E16: systemd-resolved and nscd are flushed where they run', async (t) => {
  const host = hostWith();
  host.files.set(RESOLVED, '');
  host.files.set('/run/nscd/nscd.pid', '12\n');
  t.deepEqual(await flushed(host), [FLUSH, 'nscd -i hosts']);
});

test('E16: dnsmasq is flushed where it is a stub of this host; other programs, and those of guests, are not', async (t) => {
  const programs = [
    '10 dnsmasq 127.0.0.1 [::1]',
    '11 dnsmasq 192.168.122.1%virbr0',
    '12 dnsmasq 0.0.0.0 [::]',
    '13 unbound 127.0.0.1',
    '14 dnsmasq *',
  ];
  t.deepEqual(await flushed(hostWith(...programs)), ['SIGHUP dnsmasq 10', 'SIGHUP dnsmasq 12', 'SIGHUP dnsmasq 14']);
});

test('E16: what cannot be flushed is told once, and the others are flushed', async (t) => {
  const host = hostWith('10 dnsmasq 127.0.0.1');
  host.files.set('/run/nscd/nscd.pid', '12\n');
  host.files.set(RESOLVED, '');
  host.failing.set('nscd', 'nscd: not running');
  const told = (name: string): string => `Cannot flush the cache of ${name}: it may know old answers for a while`;
  t.deepEqual(
    await flushed(host, false, 2),
    [told('dnsmasq'), told('nscd'), FLUSH, FLUSH, 'nscd -i hosts', 'nscd -i hosts'].sort(),
  );
});

test('E16: a killed agent leaves word to flush what may hold its answers', (t) => {
  const host = hostWith();
  const caches = new StubCaches({ host, log: { info: () => {}, warn: () => {} } as never });
  t.deepEqual(caches.steps(), []);
  host.files.set(RESOLVED, '');
  t.deepEqual(
    caches.steps().map(({ undo }) => undo),
    [FLUSH.split(' ')],
  );
});

/** A flush by somebody who sees no program of others, in short. */
async function flushedUnseen(...lines: readonly string[]): Promise<string> {
  const host = hostWith();
  host.output.set('ss -Hlnup', lines.map((line) => `${line}\n`).join(''));
  const { flushed: did, unflushed } = await new StubCaches({ host, log: { warn: () => {} } as never }).flush();
  return `${did.join()}|${unflushed.join()}`;
}

test('E16: what was flushed is told, and what could not be, also what cannot be seen', async (t) => {
  const host = hostWith('10 dnsmasq 127.0.0.1');
  host.files.set('/run/nscd/nscd.pid', '12\n');
  host.failing.set('nscd', 'nscd: only root is allowed to use this option!');
  const caches = new StubCaches({ host, log: { warn: () => {} } as never, signal: () => {} });
  t.deepEqual(await caches.flush(), { flushed: ['dnsmasq'], unflushed: ['nscd'] });
  const service = 'cgroup:/system.slice';
  t.is(
    await flushedUnseen('UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* uid:102'),
    '|',
    'systemd-resolved is asked over D-Bus',
  );
  t.is(await flushedUnseen(`UNCONN 0 0 192.168.122.1:53 0.0.0.0:* ${service}/libvirtd.service`), '|', 'for guests');
  t.is(
    await flushedUnseen(`UNCONN 0 0 127.0.0.1:53 0.0.0.0:* ${service}/dnsmasq.service`),
    '|a DNS server of another user',
  );
});
