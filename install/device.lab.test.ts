/** The steps of the device on a real one. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import { pair } from '../test/lab/networks.ts';
import { deviceSteps } from './device.ts';
import { apply, undo } from './step.ts';
import { inNamespace, namespaceHost } from './testing/namespace.ts';
import { Tun } from './testing/tun.ts';

const steps = deviceSteps({
  device: 'bis0',
  self: '172.21.112.1',
  spool: ['10.170.160.0/20'],
  ula: 'fd00:b15::/96',
  mtu: 1480,
});

test.serial(
  'routes lead to the device, from the self address, with the MTU of the other family; twice is as once',
  async (t) => {
    await using lab = await Lab.build(pair);
    const dual = lab.host('dual');
    const host = namespaceHost(dual.namespace);
    const bare = await dual.snapshot();
    const tun = inNamespace(dual.namespace, () => new Tun('bis0'));
    await apply(steps, host);
    const once = await dual.snapshot();
    await apply(steps, host);
    t.deepEqual(await dual.differencesSince(once), []);
    t.regex(await host.run(['ip', 'route', 'get', '10.170.160.9']), /dev bis0 src 172\.21\.112\.1/);
    t.regex(await host.run(['ip', 'route', 'show', 'dev', 'bis0']), /mtu 1480/);
    t.regex(await host.run(['ip', '-6', 'route', 'get', 'fd00:b15::9']), /dev bis0/);
    t.is(await host.run(['ip', '-6', 'address', 'show', 'dev', 'bis0', 'scope', 'link']), '', 'no link-local address');
    await sleep(500);
    const solicitations = tun.read().filter((packet) => packet[6] === 58 && packet[40] === 133);
    t.deepEqual(solicitations, [], 'no Router Solicitation');
    t.deepEqual(await undo(steps, host), [], 'everything was there');
    t.is(await host.run(['ip', 'address', 'show', 'dev', 'bis0', 'up']), '');
    t.is(await host.run(['ip', 'route', 'show', 'dev', 'bis0']), '');
    t.deepEqual(await undo(steps, host), [], 'nothing was there');
    tun.close();
    t.deepEqual(await undo(steps, host), [], 'not even the device');
    t.deepEqual(await dual.differencesSince(bare), []);
  },
);

test.serial('a step that the kernel refuses undoes those before it', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const host = namespaceHost(dual.namespace);
  const tun = inNamespace(dual.namespace, () => new Tun('bis0'));
  const wrong = deviceSteps({
    device: 'bis0',
    self: '172.21.112.1',
    spool: ['not a prefix'],
    ula: 'fd00::/96',
    mtu: 1480,
  });
  await t.throwsAsync(apply(wrong, host), { message: 'Cannot route not a prefix to bis0' });
  t.is(await host.run(['ip', '-4', 'address', 'show', 'dev', 'bis0']), '');
  tun.close();
  await t.throwsAsync(apply(steps, host), { message: /^Cannot set .*disable_ipv6 to 0$/ });
});
