import test from 'ava';
import { deviceSteps } from './device.ts';
import { apply, printStep, undo } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

const settings = { device: 'bis0', self: '172.21.112.1', spool: ['10.170.160.0/20'], ula: 'fd00:b15::/96', mtu: 1480 };

test('the device: sysctls, address, up, routes', (t) => {
  t.is(
    deviceSteps(settings).map(printStep).join('\n'),
    `set /proc/sys/net/ipv6/conf/bis0/disable_ipv6 to 0
  do    write 0 to /proc/sys/net/ipv6/conf/bis0/disable_ipv6
set /proc/sys/net/ipv6/conf/bis0/addr_gen_mode to 1
  do    write 1 to /proc/sys/net/ipv6/conf/bis0/addr_gen_mode
set /proc/sys/net/ipv6/conf/bis0/accept_ra to 0
  do    write 0 to /proc/sys/net/ipv6/conf/bis0/accept_ra
set /proc/sys/net/ipv6/conf/bis0/autoconf to 0
  do    write 0 to /proc/sys/net/ipv6/conf/bis0/autoconf
set /proc/sys/net/ipv6/conf/bis0/router_solicitations to 0
  do    write 0 to /proc/sys/net/ipv6/conf/bis0/router_solicitations
set /proc/sys/net/ipv6/conf/bis0/accept_redirects to 0
  do    write 0 to /proc/sys/net/ipv6/conf/bis0/accept_redirects
set /proc/sys/net/ipv4/conf/bis0/accept_redirects to 0
  do    write 0 to /proc/sys/net/ipv4/conf/bis0/accept_redirects
set /proc/sys/net/ipv4/conf/bis0/send_redirects to 0
  do    write 0 to /proc/sys/net/ipv4/conf/bis0/send_redirects
give bis0 the address 172.21.112.1
  do    ip -4 address replace 172.21.112.1/32 dev bis0
  undo  ip -4 address del 172.21.112.1/32 dev bis0
set bis0 up
  do    ip link set bis0 up
  undo  ip link set bis0 down
route 10.170.160.0/20 to bis0
  do    ip -4 route replace 10.170.160.0/20 dev bis0 src 172.21.112.1 mtu 1480
  undo  ip -4 route del 10.170.160.0/20 dev bis0
route fd00:b15::/96 to bis0
  do    ip -6 route replace fd00:b15::/96 dev bis0
  undo  ip -6 route del fd00:b15::/96 dev bis0`,
  );
});

test('undoing after the device has gone does nothing', async (t) => {
  const host = new RecordingHost();
  await apply(deviceSteps(settings), host);
  host.failing.set('ip', 'Cannot find device "bis0"');
  t.deepEqual(await undo(deviceSteps(settings), host), []);
});

test('S9: a name that is more than one word, and an MTU no packet can have, are refused', (t) => {
  for (const device of ['a;b', '$(x)', '../lo', ''])
    t.throws(() => deviceSteps({ ...settings, device }), undefined, device);
  for (const mtu of [0, 67, 65_536, 1480.5, Number.NaN])
    t.throws(() => deviceSteps({ ...settings, mtu }), undefined, String(mtu));
});
