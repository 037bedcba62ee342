import test from 'ava';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import { ipv4Prefix, ipv6Prefix } from '../../mapper/address/prefix.ts';
import { PathMtu } from '../../translator/path-mtu.ts';
import { parseSettings, readSettings, SettingsError } from './settings.ts';

test('nothing has to be given, and null is nothing', (t) => {
  for (const value of [{}, { prefix: null, explicit: null, mtu4: null, icmpErrors: null, errorSource6: null }]) {
    const settings = readSettings(value);
    t.deepEqual(settings.path, Object.assign(new PathMtu(), { hasStrangers: false }));
    t.is(settings.embedded, undefined);
    t.is(settings.ownIpv4, undefined);
  }
});

test('what is wrong is named by its key', (t) => {
  const rows: [unknown, string][] = [
    [{ prefix: '64:ff9b::/95' }, 'prefix: 64:ff9b::/95: the length must be one of 32,40,48,56,64,96'],
    [{ prefix: '64:ff9b::' }, 'prefix must be an IPv6 prefix, not "64:ff9b::"'],
    [{ prefix: 7 }, 'prefix must be an IPv6 prefix'],
    [{ explicit: {} }, 'explicit must be a list'],
    [{ explicit: [['2001:db8::1']] }, 'explicit.0.1 must be text'],
    [{ explicit: ['2001:db8::1'] }, 'explicit.0 must be [IPv6 prefix, IPv4 prefix]'],
    [
      { explicit: [['2001:db8::1', '10.0.0.0/8']] },
      'explicit: 2001:db8::1/128 for 10.0.0.0/8: 24 bits do not fit into 0',
    ],
    [{ explicit: [['10.0.0.1', '2001:db8::1']] }, 'explicit: "10.0.0.1" is no IPv6 address or prefix'],
    [{ ownIpv4: '010.0.0.1' }, 'ownIpv4 must be an IPv4 address, not "010.0.0.1"'],
    [{ ownIpv6: 'fe80::1%eth0' }, 'ownIpv6 must be an IPv6 address, not "fe80::1%eth0"'],
    [{ errorSource4: 7 }, 'errorSource4 must be an IPv4 address or prefix'],
    [{ errorSource4: '192.0.2.1/24' }, 'errorSource4 must be an IPv4 address or prefix, not "192.0.2.1/24"'],
    [{ errorSource4: ['192.0.2.1', '::1'] }, 'errorSource4.1 must be an IPv4 address or prefix, not "::1"'],
    [{ errorSource6: ['64:ff9b::/'] }, 'errorSource6.0 must be an IPv6 address or prefix, not "64:ff9b::/"'],
    [{ mtu6: 1279 }, 'mtu6 must be a whole number from 1280 to 65535'],
    [{ mtu4: 67 }, 'mtu4 must be a whole number from 68 to 65535'],
    [{ lowestIpv6Mtu: 1280.5 }, 'lowestIpv6Mtu must be a whole number from 1280 to 65535'],
    [{ zeroUdpChecksum: 'pass' }, 'zeroUdpChecksum must be "compute" or "drop"'],
    [{ zeroUdpChecksum6: 1 }, 'zeroUdpChecksum6 must be "pass" or "drop" or "compute"'],
    [{ icmpErrors: 'no' }, 'icmpErrors must be true or false'],
    [{ mtu: 1500 }, 'mtu is not a key'],
    [[], 'config must be an object'],
    [null, 'config must be an object'],
    ['64:ff9b::/96', 'config must be an object'],
  ];
  for (const [value, message] of rows) t.throws(() => readSettings(value), { instanceOf: SettingsError, message });
  t.throws(() => parseSettings('{'), { instanceOf: SettingsError, message: /^is no JSON: / });
});

test('RFC 6791 6791 6791-46: the sources of errors are an address, a prefix, or a list of both', (t) => {
  const sources = (value: unknown): unknown => readSettings({ errorSource4: value }).path.errorSource4;
  const sources6 = (value: unknown): unknown =>
    readSettings({ errorSource6: value, ownIpv6: '2001:db8::1' }).path.errorSource6;
  const one = ipv4Prefix(ipv4(0xc0000201), 32);
  const many = ipv4Prefix(ipv4(0xc6336400), 24);
  t.deepEqual(sources('192.0.2.1'), [one]);
  t.deepEqual(sources('198.51.100.0/24'), [many]);
  t.deepEqual(sources(['192.0.2.1', '198.51.100.0/24', '192.0.2.1/32']), [one, many, one]);
  t.deepEqual(sources([]), []);
  t.deepEqual(sources6('2001:db8::/64'), [ipv6Prefix(ipv6(0x20010db8, 0, 0, 0), 64)]);
  t.deepEqual(sources6(null), [ipv6Prefix(ipv6(0x20010db8, 0, 0, 1), 128)], 'our own');
  t.deepEqual(sources6([]), [], 'none, not our own');
});

const never4 = [
  '0.0.0.0',
  '127.0.0.1',
  '126.0.0.0/7',
  '169.254.1.1',
  '169.0.0.0/8',
  '224.0.0.1',
  '255.255.255.255',
  '0.0.0.0/0',
];
const never6 = [
  '::',
  '::1',
  '::10.0.0.1',
  '::ffff:10.0.0.1',
  '100::1',
  'fe80::1',
  'ff02::1',
  '::/0',
  'f000::/4',
  '::/64',
];
const usable4 = ['1.0.0.0', '126.255.255.255', '192.0.0.0/3', '169.253.0.0/16', '223.255.255.255', '10.0.0.0/8'];
const usable6 = ['100:0:0:1::1', '64:ff9b::1', '2000::/3', 'fec0::1', 'fc00::/7'];

test('RFC 6791 6791 6791-46: a source that no packet may have is a fault, also inside a prefix', (t) => {
  for (const value of never4) {
    t.false(isUsable({ errorSource4: value }) || isUsable({ errorSource4: ['192.0.2.1', value] }), value);
  }
  for (const value of never6) {
    t.false(isUsable({ errorSource6: value }) || isUsable({ errorSource6: ['2001:db8::1', value] }), value);
  }
  for (const value of usable4) t.true(isUsable({ errorSource4: value }), value);
  for (const value of usable6) t.true(isUsable({ errorSource6: value }), value);
});

function isUsable(settings: unknown): boolean {
  try {
    readSettings(settings);
    return true;
  } catch (error) {
    if (error instanceof SettingsError && error.message.includes('must not overlap')) return false;
    throw error;
  }
}
