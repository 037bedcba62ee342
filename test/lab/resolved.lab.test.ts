/** The lab's systemd-resolved: it is the host's own, asks the servers of its links, and goes with the lab. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Lab } from './lab.ts';
import { pair, SERVER } from './networks.ts';
import { giveOwnSystem } from './own-system.ts';
import { startResolved } from './resolved.ts';
import { nodeCommand } from './tools.ts';

test.serial('names are found through nss-resolve and the stub, by asking the server of the link', async (t) => {
  const machines = fs.readFileSync('/etc/resolv.conf', 'utf8');
  await using lab = await Lab.build(pair);
  const zone = path.join(lab.directory, 'zone');
  fs.writeFileSync(zone, `six.example. 300 IN AAAA ${SERVER}\n`);
  await lab
    .host('host6')
    .start([...nodeCommand('test/lab/servers/serve.ts'), `dns=53:${zone}`])
    .says(/ready/);
  const dual = await giveOwnSystem(lab, lab.host('dual'));
  t.is(await dual.must(['cat', '/etc/resolv.conf']), `nameserver ${SERVER}\n`, 'as the lab gave it');
  const resolved = await startResolved(dual, { settings: ['DNSSEC=no'] });
  await dual.must(['resolvectl', 'dns', 'eth0', SERVER]);
  t.regex(await dual.must(['getent', 'ahostsv6', 'six.example']), /^2001:db8:6::2 /);
  t.is(await dual.must(['dig', '+short', 'six.example', 'AAAA']), `${SERVER}\n`);
  t.regex(await dual.must(['resolvectl', 'statistics']), /Total Transactions: [1-9]/);
  t.regex(await dual.must(['ls', '-l', '/etc/resolv.conf']), /-> ..\/run\/systemd\/resolve\/stub-resolv.conf/);
  t.is(fs.readFileSync('/etc/resolv.conf', 'utf8'), machines);
  lab.demolish();
  t.is((await resolved.ended()).status, undefined, 'killed');
});
