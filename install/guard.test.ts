import test from 'ava';
import { guardCommands, guardedCommands, guardSteps, isGuardWhole } from './guard.ts';
import { forcedCommands, tableCommands } from './table.ts';
import { RecordingHost } from './testing/recording-host.ts';

const settings = {
  ...{ table: 'bis', device: 'bis0', ula: 'fd00:1:2:3::/96' },
  ...{ spool: '10.170.160.0/20', self: ['172.21.112.0/20'], self6: 'fd00:1:2:3::ac15:7001' },
};

/** Whether the guard is taken for whole when `nft` lists it like this. */
async function isWhole(listed: string): Promise<boolean> {
  const host = new RecordingHost();
  host.output.set('nft -s list table inet bis_guard', listed);
  return isGuardWhole(host, settings, ['eth0']);
}

const made = guardCommands(settings) + guardedCommands(settings, ['eth0']);

test('S5: the guard we make is one that we take for whole', async (t) => {
  t.true(await isWhole(made));
});

test('S5: without its rule, its hook or an interface it is not whole', async (t) => {
  t.false(await isWhole(made.replace(/^ *iifname @forced .*$/m, '')));
  t.false(await isWhole(made.replace('hook forward', 'hook input')));
  t.false(await isWhole(made.replace('hook postrouting', 'hook output')));
  for (const line of made.match(/^ *ip6? [sd]addr .* drop$/gm) ?? t.fail())
    t.false(await isWhole(made.replace(line, '')));
  t.false(await isWhole(guardCommands(settings)));
});

test('S5, S6: a guard that is kept has all that packets are kept in bounds by, and is whole without a look', async (t) => {
  const kept = { ...settings, keeps: true };
  const commands = guardCommands(kept);
  for (const family of ['ip', 'ip6']) {
    t.true(commands.includes(`add table ${family} bis_guard { flags owner, persist; comment "of bis`));
    for (const hook of ['forward', 'postrouting'])
      t.regex(commands, new RegExp(`^add chain ${family} .* hook ${hook}`, 'm'));
  }
  t.is(
    guardedCommands(kept, ['eth0'], ['10.9.0.0/24']),
    `flush set ip6 bis_guard forced
add element ip6 bis_guard forced { "eth0" }
flush set ip bis_guard own4
add element ip bis_guard own4 { 10.9.0.0/24, 172.21.112.0/20 }
`,
  );
  t.is(forcedCommands({ ...kept, mark: 1, markMask: 1, zone: 1 }, ['eth0']), '');
  t.deepEqual(
    guardSteps(kept).map(({ undo }) => undo),
    [{ nft: 'delete table ip bis_guard' }, { nft: 'delete table ip6 bis_guard' }, { forgetFlowsOf: 'fd00:1:2:3::/96' }],
  );
  const own = tableCommands({ ...kept, mark: 1, markMask: 1, zone: 1 });
  t.notRegex(own, /hook forward|chain leak|@forced/, 'and nothing is there twice');
  t.true(await isGuardWhole(new RecordingHost(), kept, ['eth0']));
});
