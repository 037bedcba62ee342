/** What `ip -j` prints, as captured, and what is concluded from it: observing and concluding in one. */
import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import { formatIpv4Prefix } from '../../mapper/address/prefix.ts';
import { Surroundings } from './surroundings.ts';

interface Output {
  readonly addresses?: readonly object[];
  readonly routes4?: readonly object[];
  readonly routes6?: readonly object[];
  readonly files?: Readonly<Record<string, string>>;
}

const link = (ifname: string, more: object = {}): object => ({
  ifindex: 2,
  ifname,
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  operstate: 'UP',
  addr_info: [],
  ...more,
});

const lo = link('lo', {
  flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
  mtu: 65_536,
  addr_info: [
    { family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host', label: 'lo' },
    { family: 'inet6', local: '::1', prefixlen: 128, scope: 'host' },
  ],
});

const ra = { dst: 'default', gateway: 'fe80::1', dev: 'eth0', protocol: 'ra', metric: 1024, flags: [], pref: 'medium' };
const onLink6 = [
  { type: 'local', dst: '2001:db8::7', dev: 'eth0', table: 'local', protocol: 'kernel', metric: 0, flags: [] },
  { type: 'multicast', dst: 'ff00::/8', dev: 'eth0', table: 'local', protocol: 'kernel', metric: 256, flags: [] },
  { dst: 'fe80::/64', dev: 'eth0', protocol: 'kernel', metric: 256, flags: [], pref: 'medium' },
];

function hostOf({ addresses = [], routes4 = [], routes6 = [], files = {} }: Output): RecordingHost {
  const host = new RecordingHost(files);
  // As `ip` does it: nothing at all instead of an empty list.
  const print = (list: readonly object[]): string => (list.length === 0 ? '' : JSON.stringify(list));
  host.output.set('ip -j addr show', print(addresses));
  host.output.set('ip -j -4 route show table all', print(routes4));
  host.output.set('ip -j -6 route show table all', print(routes6));
  return host;
}

const observe = (output: Output): Promise<Surroundings> => Surroundings.of(hostOf(output), 'bis0');

test('a laptop with DHCP and Router Advertisements', async (t) => {
  const eth0 = link('eth0', {
    addr_info: [
      {
        family: 'inet',
        local: '192.168.1.7',
        prefixlen: 24,
        broadcast: '192.168.1.255',
        scope: 'global',
        dynamic: true,
      },
      { family: 'inet6', local: '2001:db8::7', prefixlen: 64, scope: 'global', dynamic: true, mngtmpaddr: true },
      { family: 'inet6', local: 'fe80::7', prefixlen: 64, scope: 'link' },
    ],
  });
  const routes4 = [
    { dst: 'default', gateway: '192.168.1.1', dev: 'eth0', protocol: 'dhcp', prefsrc: '192.168.1.7', flags: [] },
    { dst: '192.168.1.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '192.168.1.7', flags: [] },
    { type: 'local', dst: '192.168.1.7', dev: 'eth0', table: 'local', protocol: 'kernel', scope: 'host', flags: [] },
    { type: 'broadcast', dst: '192.168.1.255', dev: 'eth0', table: 'local', protocol: 'kernel', flags: [] },
  ];
  const surroundings = await observe({ addresses: [lo, eth0], routes4, routes6: [ra, ...onLink6] });
  t.deepEqual(surroundings.uplinks, ['eth0']);
  t.is(surroundings.mtu, 1500);
  t.true(surroundings.hasIpv4Route);
  t.true(surroundings.isLoopbackUp);
  t.deepEqual([...new Set(surroundings.takenIpv4.map(formatIpv4Prefix))].sort(), [
    '127.0.0.0/8',
    '192.168.1.0/24',
    '192.168.1.255/32',
    '192.168.1.7/32',
  ]);
  const isOwn = (text: string): boolean => surroundings.isOwn(parseIpv6(text) ?? { w0: 0, w1: 0, w2: 0, w3: 0 });
  t.deepEqual(['2001:db8::7', 'fe80::7', '::1', '2001:db8::8'].map(isOwn), [true, true, true, false]);
});

test('a namespace with nothing in it', async (t) => {
  const down = link('lo', { flags: ['LOOPBACK'], mtu: 65_536 });
  const surroundings = await observe({ addresses: [down] });
  t.deepEqual(surroundings.uplinks, []);
  t.is(surroundings.mtu, 1500);
  t.false(surroundings.hasIpv4Route);
  t.false(surroundings.isLoopbackUp);
  t.deepEqual(surroundings.takenIpv4, []);
});

test('an interface without carrier, or down, is no uplink, and its networks are in use all the same', async (t) => {
  const routes6 = [
    { ...ra, flags: ['linkdown'] },
    { dst: 'default', dev: 'wlan0', flags: [] },
  ];
  const routes4 = [{ dst: '10.170.160.0/24', dev: 'eth0', protocol: 'kernel', flags: ['linkdown'] }];
  const wlan0 = link('wlan0', { flags: ['BROADCAST', 'MULTICAST'] });
  const surroundings = await observe({ addresses: [lo, link('eth0'), wlan0], routes4, routes6 });
  t.deepEqual(surroundings.uplinks, []);
  t.false(surroundings.hasIpv4Route);
  t.true(surroundings.takenIpv4.map(formatIpv4Prefix).includes('10.170.160.0/24'));
});

test('routes of policy tables count, as those of wg-quick', async (t) => {
  const routes6 = [{ dst: 'default', dev: 'wg0', table: '51820', metric: 1024, flags: [] }];
  const routes4 = [{ dst: '172.21.80.0/24', dev: 'wg0', table: '51820', scope: 'link', flags: [] }];
  const surroundings = await observe({ addresses: [lo, link('wg0', { mtu: 1420 })], routes4, routes6 });
  t.deepEqual(surroundings.uplinks, ['wg0']);
  t.is(surroundings.mtu, 1420);
  t.true(surroundings.takenIpv4.map(formatIpv4Prefix).includes('172.21.80.0/24'));
});

test('a route with several next hops leads out of each of them', async (t) => {
  const hops = [
    { gateway: 'fe80::1', dev: 'eth0', weight: 1, flags: [] },
    { gateway: 'fe80::2', dev: 'eth1', weight: 1, flags: ['linkdown'] },
    { gateway: 'fe80::3', dev: 'eth2', weight: 1, flags: [] },
  ];
  const routes6 = [{ dst: 'default', protocol: 'static', metric: 1024, flags: [], nexthops: hops }];
  const addresses = [lo, link('eth0'), link('eth1'), link('eth2', { mtu: 9000 })];
  t.deepEqual((await observe({ addresses, routes6 })).uplinks, ['eth0', 'eth2']);
});

test('link-local routes, loopback and our own device are no uplinks', async (t) => {
  const routes6 = [
    ...onLink6,
    { dst: '2001:db8:9::/64', dev: 'lo', flags: [] },
    { dst: 'fd00::/96', dev: 'bis0', flags: [] },
    { type: 'unreachable', dst: 'default', dev: 'lo', table: 'unspec', protocol: 'kernel', metric: 4_294_967_295 },
  ];
  const surroundings = await observe({ addresses: [lo, link('eth0'), link('bis0')], routes6 });
  t.deepEqual(surroundings.uplinks, []);
});

test('S9: an interface with a name that is no word is left alone', async (t) => {
  const routes6 = ['a;b', '$(x)', 'eth0'].map((dev) => ({ dst: 'default', dev, flags: [] }));
  const addresses = ['a;b', '$(x)', 'eth0'].map((name) => link(name));
  t.deepEqual((await observe({ addresses, routes6 })).uplinks, ['eth0']);
});

test('RFC 6535 4.5: link-local IPv4 and our own routes are no way out', async (t) => {
  const routes4 = [
    { dst: '169.254.0.0/16', dev: 'eth0', scope: 'link', flags: [] },
    { dst: '10.170.160.0/20', dev: 'bis0', flags: [] },
  ];
  const surroundings = await observe({ addresses: [lo, link('eth0')], routes4 });
  t.false(surroundings.hasIpv4Route);
  t.false(surroundings.takenIpv4.map(formatIpv4Prefix).includes('10.170.160.0/20'), 'our own routes are not in use');
});

test('M3: halves of a default route, as VPNs make them, are not networks in use; what is blackholed is', async (t) => {
  const routes4 = [
    { dst: 'default', dev: 'eth0', flags: [] },
    { dst: '0.0.0.0/1', dev: 'tun0', flags: [] },
    { dst: '128.0.0.0/1', dev: 'tun0', flags: [] },
    { type: 'blackhole', dst: '10.170.0.0/16', flags: [] },
  ];
  const surroundings = await observe({ addresses: [link('eth0')], routes4 });
  t.deepEqual(surroundings.takenIpv4.map(formatIpv4Prefix), ['10.170.0.0/16']);
});

test('the MTU is the smallest of the uplinks, as announced by a router, and never below 1280', async (t) => {
  const routes6 = ['eth0', 'eth1'].map((dev) => ({ dst: 'default', dev, flags: [] }));
  const addresses = [lo, link('eth0', { mtu: 9000 }), link('eth1'), link('eth2', { mtu: 600 })];
  const announced = (octets: string): Output => ({
    addresses,
    routes6,
    files: { '/proc/sys/net/ipv6/conf/eth1/mtu': octets },
  });
  t.is((await observe(announced('1492\n'))).mtu, 1492);
  t.is((await observe(announced('1000\n'))).mtu, 1280);
  t.is((await observe({ addresses, routes6 })).mtu, 1500);
});

test('it is observed again when asked to be, and stays as it was when that fails', async (t) => {
  const host = hostOf({ addresses: [lo, link('eth0')] });
  const surroundings = await Surroundings.of(host, 'bis0');
  t.deepEqual(surroundings.uplinks, []);
  host.output.set('ip -j -6 route show table all', JSON.stringify([ra]));
  await surroundings.renew();
  t.deepEqual(surroundings.uplinks, ['eth0']);
  host.failing.set('ip', 'Cannot open netlink socket');
  await t.throwsAsync(surroundings.renew());
  t.deepEqual(surroundings.uplinks, ['eth0']);
});

test('S7: a prefix is detached while its link has no carrier and another has a router', async (t) => {
  const addressed = (name: string, local: string): object =>
    link(name, { addr_info: [{ family: 'inet6', local, prefixlen: 64, scope: 'global', dynamic: true }] });
  const addresses = [lo, addressed('eth0', '2001:db8:1::7'), addressed('wlan0', '2001:db8:2::7')];
  const wireless = { ...ra, dev: 'wlan0', gateway: 'fe80::2' };
  const host = hostOf({ addresses, routes6: [ra, wireless] });
  const surroundings = await Surroundings.of(host, 'bis0');
  t.deepEqual(surroundings.detached, []);
  host.output.set('ip -j -6 route show table all', JSON.stringify([{ ...ra, flags: ['linkdown'] }, wireless]));
  await surroundings.renew();
  const because = 'fe80::1 is no default router any more';
  t.deepEqual(surroundings.detached, [{ device: 'eth0', prefix: '2001:db8:1::/64', because }]);
  t.deepEqual(surroundings.sources([]), [], 'flows leave by the other device, whose address the kernel takes');
  host.output.set('ip -j -6 route show table all', JSON.stringify([{ ...ra, flags: ['linkdown'] }]));
  await surroundings.renew();
  t.deepEqual(surroundings.detached, [], 'none has a router');
});

test('S6: our own device is whole while it is up, has its address and its routes', async (t) => {
  const address = { family: 'inet', local: '172.21.112.1', prefixlen: 32, scope: 'global' };
  const bis0 = link('bis0', { addr_info: [address] });
  const spool = { dst: '10.170.160.0/20', dev: 'bis0', flags: [] };
  const ula = { dst: 'fd12:3456:789a:bcde::/96', dev: 'bis0', flags: [] };
  const isWhole = async (output: Output): Promise<boolean> =>
    (await observe(output)).isDeviceWhole('172.21.112.1', [spool.dst, ula.dst]);
  const whole = { addresses: [lo, bis0], routes4: [spool], routes6: [ula] };
  t.true(await isWhole(whole));
  t.false(await isWhole({ ...whole, addresses: [lo] }));
  t.false(await isWhole({ ...whole, addresses: [lo, link('bis0')] }));
  t.false(await isWhole({ ...whole, addresses: [lo, link('bis0', { flags: [], addr_info: [address] })] }));
  t.false(await isWhole({ ...whole, routes4: [] }));
  t.false(await isWhole({ ...whole, routes6: [{ ...ula, dev: 'eth0' }] }));
});
