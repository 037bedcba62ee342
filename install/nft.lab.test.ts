/** libnftables in this process: the table is ours alone, and goes with us. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Lab } from '../test/lab/lab.ts';
import { lan, pair } from '../test/lab/networks.ts';
import { nodeCommand } from '../test/lab/tools.ts';
import { Nft } from './nft.ts';
import { arpTableCommands, guestsCommands, tableCommands } from './table.ts';
import { snoopCommands } from './table-snoop.ts';
import { raiseTables } from './testing/bump.ts';
import { inNamespace } from './testing/namespace.ts';
import { settings } from './testing/settings.ts';

test.serial('S6: others can neither flush nor change the tables', async (t) => {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const nft = raiseTables(dual.namespace);
  const before = await dual.must(['nft', 'list', 'ruleset']);
  t.regex(before, /table ip bis/);
  t.regex(before, /table ip6 bis/);
  t.regex(before, /table arp bis/);
  await dual.must(['nft', 'flush', 'ruleset']);
  t.is(await dual.must(['nft', 'list', 'ruleset']), before);
  for (const command of ['delete table ip bis', 'flush chain ip6 bis guard', 'add rule ip6 bis leak accept']) {
    const { status, stderr } = await dual.run(['nft', command]);
    t.is(status, 1, command);
    t.regex(stderr, /Operation not permitted/);
  }
  nft.close();
  t.is(await dual.must(['nft', 'list', 'ruleset']), '');
});

test.serial('a self address inside the spool is no conflict', async (t) => {
  await using lab = await Lab.build(pair);
  const nft = inNamespace(lab.host('dual').namespace, () => new Nft());
  const inside = { ...settings, self: ['10.170.160.1', '10.170.160.0/24'] };
  t.notThrows(() => nft.run(tableCommands(inside) + arpTableCommands(inside)));
  nft.close();
});

test.serial('errors are those of nft, and a transaction that fails changes nothing', async (t) => {
  await using lab = await Lab.build(pair);
  const { namespace } = lab.host('dual');
  const nft = inNamespace(namespace, () => new Nft());
  t.throws(() => nft.run('add rule inet nowhere at all'), { message: /Error: .*/ });
  t.throws(() => nft.run('add table inet half\nadd rule inet half gone drop'), { message: /No such file/ });
  t.is(nft.run('list tables'), '');
  nft.run('add table inet other');
  t.is(nft.run('list tables').trim(), 'table inet other');
  t.throws(() => raiseTables(namespace) && raiseTables(namespace), { message: /File exists|Operation not permitted/ });
  nft.close();
  nft.close();
  t.throws(() => nft.run('list tables'), { message: /closed/ });
});

test.serial('signals that come meanwhile are no failure', async (t) => {
  await using lab = await Lab.build(pair);
  const nft = raiseTables(lab.host('dual').namespace);
  let heard = 0;
  const listener = (): void => void heard++;
  process.on('SIGUSR2', listener);
  const sender = spawn(process.execPath, ['-e', `for (;;) process.kill(${process.pid}, 'SIGUSR2')`]);
  const until = performance.now() + 2000;
  for (let count = 0; performance.now() < until; count++) {
    for (let more = 0; more < 20; more++) t.notThrows(() => nft.run(guestsCommands(settings, [`eth${count % 10}`])));
    await nextTurn();
  }
  sender.kill('SIGKILL');
  await once(sender, 'exit');
  process.off('SIGUSR2', listener);
  t.true(heard > 0, `${heard} signals`);
  nft.close();
});

test.serial('renewing what is caught takes less than 5 ms, and no memory', async (t) => {
  await using lab = await Lab.build(pair);
  const nft = raiseTables(lab.host('dual').namespace);
  const pairs = Array.from({ length: 16 }, (_, index) => ({
    device: `eth${index}`,
    server: '192.0.2.53',
    address: '192.0.2.1',
    port: 5300 + index,
  }));
  const renew = (times: number): void => {
    for (let count = 0; count < times; count++) nft.run(snoopCommands(settings, pairs, 5));
  };
  renew(200);
  const [memory, began] = [process.memoryUsage().rss, performance.now()];
  renew(1000);
  t.true((performance.now() - began) / 1000 < 5);
  t.true(process.memoryUsage().rss - memory < 16_000_000);
  nft.close();
});

test.serial(
  'S5, S8a: killed under load, tables, device and routes go, a child stays, and nothing leaks meanwhile',
  async (t) => {
    await using lab = await Lab.build(lan);
    const dual = lab.host('dual');
    const leaked = lab.host('host6').start(['tcpdump', '-n', '-p', '-l', '-i', 'eth0', 'net fd00:b15::/96']);
    await leaked.says(/listening on/);
    const before = await dual.snapshot();
    const isGone = async (): Promise<boolean> =>
      (await dual.must(['nft', 'list', 'tables'])) === '' &&
      (await dual.run(['ip', 'link', 'show', 'bis0'])).status !== 0;
    for (let round = 0; round < 10; round++) {
      const holder = dual.start(nodeCommand('install/testing/hold.ts'));
      const [, child] = await holder.says(/ready (\d+)/);
      await sleep(100);
      t.regex(await dual.must(['nft', 'list', 'tables']), /table ip6 bis/);
      t.false(await isGone());
      const deadline = performance.now() + 1000;
      await holder.stop('SIGKILL');
      while (!(await isGone()) && performance.now() < deadline) await sleep(20);
      t.true(await isGone(), `round ${round}`);
      process.kill(Number(child), 'SIGKILL');
      await dual.must(['sysctl', '-q', '-w', 'net.ipv6.conf.eth0.force_forwarding=0']);
    }
    t.deepEqual(await dual.differencesSince(before), []);
    const { stdout } = await leaked.stop('SIGINT');
    t.is(stdout.trim(), '');
  },
);
