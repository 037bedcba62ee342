import test from 'ava';
import { guardCommands, guardedCommands, isGuardWhole } from './guard.ts';
import { RecordingHost } from './testing/recording-host.ts';

const settings = {
  ...{ table: 'bis', device: 'bis0', ula: 'fd00:1:2:3::/96' },
  ...{ spool: '10.170.160.0/20', self: ['172.21.112.0/20'] },
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
