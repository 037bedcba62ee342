import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { observeResolved } from './resolved.ts';

const FILE = '/run/systemd/resolve/resolv.conf';
const CALL = 'busctl --json=short --auto-start=no --timeout=2 call';
const MANAGER = `${CALL} org.freedesktop.resolve1 /org/freedesktop/resolve1`;
const BUS = `${CALL} org.freedesktop.DBus`;

/** What a bus says: properties with their values. */
const properties = (values: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ data: [Object.fromEntries(Object.entries(values).map(([key, data]) => [key, { data }]))] });

/** A host with a systemd-resolved whose manager says this, and two links. */
function hostWith(manager: Readonly<Record<string, unknown>>): RecordingHost {
  const host = new RecordingHost({ [FILE]: '' });
  host.output.set(BUS, '{"type":"u","data":[77]}');
  host.output.set(`${MANAGER} `, properties({ DNSOverTLS: 'no', DNSSEC: 'allow-downgrade', ...manager }));
  host.output.set('ip -j link', JSON.stringify([2, 13].map((ifindex) => ({ ifindex, ifname: `eth${ifindex}` }))));
  host.output.set(`${MANAGER}/link/_32 `, properties({ DNSOverTLS: 'yes', DNSSEC: 'no' }));
  host.output.set(`${MANAGER}/link/_313 `, properties({ DNSOverTLS: 'no', DNSSEC: 'no' }));
  return host;
}

/** The servers, each in a line. */
async function servers(host: RecordingHost): Promise<string[] | undefined> {
  const resolved = await observeResolved(host);
  return resolved?.servers.map(
    ({ address, port, device, dnsOverTls, dnssec }) => `${address} ${port} ${device || '-'} ${dnsOverTls} ${dnssec}`,
  );
}

test('servers have the settings of their link, and those of no link the settings of all', async (t) => {
  const DNSEx = [
    [2, 2, [192, 0, 2, 53], 0, ''],
    [13, 10, [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53], 5353, 'dns.example'],
    [0, 10, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 53, ''],
  ];
  t.deepEqual(await servers(hostWith({ DNSEx })), [
    '192.0.2.53 53 eth2 yes no',
    'fe80::53 5353 eth13 no no',
    '2001:db8::1 53 - no allow-downgrade',
  ]);
});

test('without servers the fallback servers are asked, and of a link that went away none', async (t) => {
  const FallbackDNSEx = [[0, 2, [9, 9, 9, 9], 0, '']];
  t.deepEqual(await servers(hostWith({ DNSEx: [], FallbackDNSEx })), ['9.9.9.9 53 - no allow-downgrade']);
  t.deepEqual(await servers(hostWith({ DNSEx: [[5, 2, [9, 9, 9, 9], 0, '']], FallbackDNSEx })), []);
});

test('where it does not run, nothing is run to find out; where it cannot be asked, it counts as not there', async (t) => {
  const none = new RecordingHost();
  t.is(await observeResolved(none), undefined);
  t.deepEqual(none.done, []);
  for (const said of ['', 'no JSON', '{}', '{"data":[]}', '{"data":[{"DNSEx":{"data":[[0]]}}]}']) {
    const host = hostWith({});
    host.output.set(`${MANAGER} `, said);
    t.is(await observeResolved(host), undefined, said);
  }
  const failing = hostWith({});
  failing.failing.set('busctl', 'Failed to connect to system bus');
  t.is(await observeResolved(failing), undefined);
});

test('one of another network namespace is told apart by its process', async (t) => {
  const host = hostWith({ DNSEx: [[0, 2, [9, 9, 9, 9], 0, '']] });
  host.links.set('/proc/self/ns/net', 'net:[1]');
  host.links.set('/proc/77/ns/net', 'net:[2]');
  t.deepEqual(await observeResolved(host), { servers: [], isElsewhere: true });
  host.links.set('/proc/77/ns/net', 'net:[1]');
  t.is((await observeResolved(host))?.servers.length, 1);
});
