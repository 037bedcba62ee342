import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { hostNameServers, isLinkLocal, pathTo, readNameServers } from './name-servers.ts';

/** The servers of a resolv.conf, as they would be written. */
const read = (text: string): string[] =>
  readNameServers(text).map(({ address, zone }) => (zone === '' ? address : `${address}%${zone}`));

test('servers are read in order, comments and other keywords skipped', (t) => {
  const text = [
    '# nameserver 192.0.2.1',
    '; nameserver 192.0.2.2',
    'search example.',
    'nameserver 192.0.2.53',
    '\tnameserver\t2001:DB8:0::53   # the second',
    'nameserver192.0.2.3',
    'nameservers 192.0.2.4',
    'options edns0',
  ].join('\n');
  t.deepEqual(read(text), ['192.0.2.53', '2001:db8::53']);
});

test('the first three count, as for glibc', (t) => {
  t.deepEqual(read('nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4'), [
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.3',
  ]);
});

test('a server that is named twice is one server', (t) => {
  t.deepEqual(read('nameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver 192.0.2.2'), ['192.0.2.1', '192.0.2.2']);
  t.deepEqual(read('nameserver fe80::1%eth0\nnameserver fe80::1%eth1'), ['fe80::1%eth0', 'fe80::1%eth1']);
});

test('no server means the local host', (t) => {
  t.deepEqual(read(''), ['127.0.0.1']);
  t.deepEqual(read('search example.\n'), ['127.0.0.1']);
});

test('garbage is skipped', (t) => {
  const garbage = ['', 'localhost', '1.2.3', '1.2.3.4.5', '010.0.0.1', ':::', 'fe80::1%a%b', '192.0.2.1:53', '\0'];
  t.deepEqual(read(`${garbage.map((word) => `nameserver ${word}\n`).join('')}nameserver 192.0.2.53`), ['192.0.2.53']);
  t.deepEqual(read('\xff\xfe\0nameserver'), ['127.0.0.1']);
});

test('an address is what packets to it have', (t) => {
  t.deepEqual(read('nameserver 0.0.0.0'), ['127.0.0.1']);
  t.deepEqual(read('nameserver ::'), ['::1']);
  t.deepEqual(read('nameserver ::ffff:192.0.2.53'), ['192.0.2.53']);
  t.deepEqual(read('nameserver FE80::53%eth0'), ['fe80::53%eth0']);
  t.deepEqual(read('nameserver 2001:db8::53%eth0'), ['2001:db8::53'], 'only link-local addresses have a zone');
});

test('RFC 4291 2.5.6: link-local is all of fe80::/10', (t) => {
  for (const address of ['fe80::1', 'fe9f::1', 'febf::1']) t.true(isLinkLocal(address), address);
  for (const address of ['fec0::1', 'fe7f::1', '2001:db8::fe80', 'fe8::1']) t.false(isLinkLocal(address), address);
});

test('without resolv.conf there is no server', (t) => {
  t.deepEqual(hostNameServers(new RecordingHost()), []);
  const host = new RecordingHost({ '/etc/resolv.conf': 'nameserver 192.0.2.53\n' });
  t.deepEqual(hostNameServers(host), [{ address: '192.0.2.53', zone: '' }]);
});

/** The way to a server, when `ip route get` answers so. */
async function pathWith(answer: object | string, address: string, zone = ''): Promise<[string[], string]> {
  const host = new RecordingHost();
  host.output.set('ip -j route get', typeof answer === 'string' ? answer : JSON.stringify([answer]));
  const path = await pathTo(host, { address, zone });
  return [host.done, path === undefined ? 'none' : `${path.own} on ${path.device}`];
}

test('the way to a server is the device and address that the kernel would take', async (t) => {
  const via = { dst: '192.0.2.53', gateway: '198.51.100.2', dev: 'eth0', prefsrc: '198.51.100.1', flags: [], uid: 0 };
  t.deepEqual(await pathWith(via, '192.0.2.53'), [['ip -j route get 192.0.2.53'], '198.51.100.1 on eth0']);
});

test('a server at an address of this host is reached over lo', async (t) => {
  const local = { type: 'local', dst: '127.0.0.53', dev: 'lo', prefsrc: '127.0.0.1', flags: ['local'] };
  t.is((await pathWith(local, '127.0.0.53'))[1], '127.0.0.1 on lo');
  const own = { type: 'local', dst: '2001:db8::1', dev: 'eth0', prefsrc: '2001:db8::1', flags: [] };
  t.is((await pathWith(own, '2001:db8::1'))[1], '2001:db8::1 on lo');
});

test('a zone says which device, by name or by number', async (t) => {
  const answer = { dst: 'fe80::53', dev: 'eth0', prefsrc: 'fe80::1' };
  t.deepEqual(await pathWith(answer, 'fe80::53', 'eth0'), [['ip -j route get fe80::53 oif eth0'], 'fe80::1 on eth0']);
  t.deepEqual((await pathWith(answer, 'fe80::53', '7'))[0], ['ip -j route get fe80::53 oif if7']);
});

test('there is no way where ip fails, says nothing, or names no source', async (t) => {
  const failing = new RecordingHost();
  failing.failing.set('ip', 'RTNETLINK answers: Network is unreachable');
  t.is(await pathTo(failing, { address: '192.0.2.53', zone: '' }), undefined);
  for (const answer of ['', '[]', 'Error: no', { dev: 'eth0' }, { type: 'blackhole', dst: '192.0.2.53' }]) {
    t.is((await pathWith(answer, '192.0.2.53'))[1], 'none', JSON.stringify(answer));
  }
});
