/** Forwarding on a real kernel: packets pass, the host stays no router, and everything is put back. */
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import { lan } from '../test/lab/networks.ts';
import { chooseForwarding, type ForwardingObservation, observeForwarding } from './forwarding.ts';
import { apply, undo } from './step.ts';
import { raiseDevice } from './testing/bump.ts';
import { namespaceHost } from './testing/namespace.ts';

/** What is observed, as the same kernel without `force_forwarding` would show it. */
function beforeLinux617({ all, ours, others }: ForwardingObservation): ForwardingObservation {
  const without = (list: ForwardingObservation['ours']) =>
    list.map((item) => ({ ...item, forceForwarding: undefined }));
  return { all, ours: without(ours), others: without(others) };
}

test.serial('force_forwarding is set on the device and the uplink, and put back', async (t) => {
  await using lab = await Lab.build(lan);
  const dual = lab.host('dual');
  const host = namespaceHost(dual.namespace);
  const before = await dual.snapshot();
  const tun = await raiseDevice(dual.namespace);
  const choice = chooseForwarding(await observeForwarding(host, 'bis0', ['eth0']));
  t.is(choice.way, 'force');
  await apply(choice.steps, host);
  t.is(host.readText('/proc/sys/net/ipv6/conf/eth0/force_forwarding'), '1\n');
  t.is(host.readText('/proc/sys/net/ipv6/conf/bis0/force_forwarding'), '1\n');
  t.is(host.readText('/proc/sys/net/ipv6/conf/eth0/forwarding'), '0\n');
  tun.close();
  t.deepEqual(await undo(choice.steps, host), [], 'the device has gone, and that is no failure');
  t.deepEqual(await dual.differencesSince(before), []);
});

test.serial('before Linux 6.17: every interface gets back the value it had', async (t) => {
  await using lab = await Lab.build(lan);
  const dual = lab.host('dual');
  const host = namespaceHost(dual.namespace);
  await dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.lo.forwarding=1', 'net.ipv6.conf.lo.accept_ra=0']);
  const before = await dual.snapshot();
  const tun = await raiseDevice(dual.namespace);
  const choice = chooseForwarding(beforeLinux617(await observeForwarding(host, 'bis0', ['eth0'])));
  t.is(choice.way, 'router');
  await apply(choice.steps, host);
  t.is(host.readText('/proc/sys/net/ipv6/conf/all/forwarding'), '1\n');
  t.is(host.readText('/proc/sys/net/ipv6/conf/eth0/accept_ra'), '2\n');
  t.is(host.readText('/proc/sys/net/ipv6/conf/lo/accept_ra'), '0\n');
  tun.close();
  t.deepEqual(await undo(choice.steps, host), []);
  t.deepEqual(await dual.differencesSince(before), []);
  t.is(host.readText('/proc/sys/net/ipv6/conf/lo/forwarding'), '1\n');
});

test.serial('what others changed since is left alone', async (t) => {
  await using lab = await Lab.build(lan);
  const dual = lab.host('dual');
  const host = namespaceHost(dual.namespace);
  const choice = chooseForwarding(beforeLinux617(await observeForwarding(host, 'eth0', [])));
  await apply(choice.steps, host);
  await dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.eth0.accept_ra=0']);
  t.deepEqual(await undo(choice.steps, host), []);
  t.is(host.readText('/proc/sys/net/ipv6/conf/eth0/accept_ra'), '0\n');
  t.is(host.readText('/proc/sys/net/ipv6/conf/all/forwarding'), '0\n');
});
