import test from 'ava';
import { findBlockingChains } from './firewall.ts';
import { CommandError, type Host } from './host.ts';

/** A host whose nft lists one forward chain with policy drop, and does with its table what `listTable` says. */
function hostWith(table: string, listTable: () => string): { host: Host; asked: string[][] } {
  const asked: string[][] = [];
  const chain = { family: 'inet', table, name: 'forward', type: 'filter', hook: 'forward', policy: 'drop' };
  const host: Host = {
    async run(argv) {
      asked.push([...argv]);
      return argv[3] === 'chains' ? JSON.stringify({ nftables: [{ chain }] }) : listTable();
    },
    readText: () => undefined,
    readLink: () => undefined,
    writeText: () => {},
    mayWriteIn: () => true,
    replaceFile: () => {},
    putBack: () => {},
    forgetFlowsOf: async () => {},
  };
  return { host, asked };
}

const question = { table: 'bis', device: 'bis0', uplinks: ['eth0'] };

test('S9: a table whose name nft would read as commands is judged by its policy, and its name never given to nft', async (t) => {
  for (const name of ['x; flush ruleset', 'x y', '$(x)', '{', '-f', '']) {
    const { host, asked } = hostWith(name, () => t.fail() as never);
    const [found] = await findBlockingChains(host, question);
    t.like(found, { table: name, command: undefined });
    t.is(asked.length, 1);
  }
});

test('S15: a table that cannot be read is judged by its policy, as one with an owner is by nft 1.0.6', async (t) => {
  const failures = [
    () => '{"nftables": [{"metainfo": {}}]}garbage',
    () => {
      throw new CommandError(['nft'], 'syntax error, unexpected inet', undefined);
    },
  ];
  for (const listTable of failures) {
    const { host } = hostWith('firewalld', listTable);
    t.regex((await findBlockingChains(host, question))[0]?.reason ?? '', /^policy drop stops bis0 to eth0/);
  }
});

test('S15, S2: where ports are exposed, peers have to get through as well', async (t) => {
  const rule = {
    family: 'inet',
    table: 'fw',
    chain: 'forward',
    expr: [
      { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
      { accept: null },
    ],
  };
  const { host } = hostWith('fw', () => JSON.stringify({ nftables: [{ rule }] }));
  const [before] = await findBlockingChains(host, question);
  t.is(before?.reason, 'policy drop stops bis0 to eth0');
  const [after] = await findBlockingChains(host, { ...question, isExposed: true });
  t.is(after?.reason, 'policy drop stops bis0 to eth0, eth0 to bis0');
  t.regex(after?.command ?? '', /insert rule inet fw forward oifname "bis0" accept/);
});

test('S15: a table that goes while it is read stops nothing', async (t) => {
  const { host } = hostWith('fw', () => {
    throw new CommandError(['nft'], 'Error: No such file or directory', undefined);
  });
  t.deepEqual(await findBlockingChains(host, question), []);
});

test('our own tables are not looked at, nor those of the guard', async (t) => {
  for (const name of ['bis', 'bis_guard']) {
    const { host, asked } = hostWith(name, () => t.fail() as never);
    t.deepEqual(await findBlockingChains(host, question), [], name);
    t.is(asked.length, 1);
  }
});
