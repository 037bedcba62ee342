import test from 'ava';
import { PathMtu } from '../../translator/path-mtu.ts';
import { parseSettings, readSettings, SettingsError } from './settings.ts';

test('nothing has to be given, and null is nothing', (t) => {
  for (const value of [{}, { prefix: null, explicit: null, mtu4: null, icmpErrors: null, errorSource6: null }]) {
    const settings = readSettings(value);
    t.deepEqual(settings.path, new PathMtu());
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
