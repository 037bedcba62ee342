/** The commands that let programs pass: word by word, and nothing but words (D12, S9). */
import test from 'ava';
import { passCommands } from './table-snoop.ts';

const settings = { table: 'bis' };

test('D12: users and control groups pass; what passed before does not, unless it is named again', (t) => {
  t.is(
    passCommands(settings, { uids: [104, 65_534], cgroups: ['system.slice/docker.service'] }),
    ['ip', 'ip6']
      .map(
        (family) => `flush chain ${family} bis pass
add rule ${family} bis pass meta skuid 104 accept
add rule ${family} bis pass meta skuid 65534 accept
add rule ${family} bis pass socket cgroupv2 level 2 "system.slice/docker.service" accept
`,
      )
      .join(''),
  );
  t.is(passCommands(settings, { uids: [], cgroups: [] }), 'flush chain ip bis pass\nflush chain ip6 bis pass\n');
});

test('S9: what is no user and no control group never reaches nft', (t) => {
  for (const uid of [-1, 0.5, 2 ** 32, Number.NaN]) {
    t.throws(() => passCommands(settings, { uids: [uid], cgroups: [] }), undefined, String(uid));
  }
  for (const cgroup of ['', '/', '/a', 'a/', 'a//b', '..', 'a/../b', 'a"b', 'a b', 'a;b', 'a\nb', 'a\\x2db', '$(x)']) {
    t.throws(() => passCommands(settings, { uids: [], cgroups: [cgroup] }), undefined, cgroup);
  }
});
