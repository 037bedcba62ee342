/** What is answered when unbound, BIND or dnsmasq is asked, name by name, with dig over UDP and TCP and with glibc. Needs root. */
import test from 'ava';
import { encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';
import { nodeCommand } from '../lab/tools.ts';
import { full, judgedServers, others, rows, startJudged } from './judged-servers.ts';
import { asGlibc, type Court, dig, each, glibc, SERVER, setCourt } from './judging.ts';

let court: Court;
test.before(async () => {
  court = await setCourt(SERVER);
});
test.after.always(() => court?.lab.demolish());

const types = ['AAAA', 'TXT', 'MX', 'SRV', 'CAA', 'SSHFP', 'UNKNOWN_65', 'UNKNOWN_65280', 'NAPTR', 'SOA'];

/** A thousand questions: a hundred names of every type but A, every third of them with EDNS. */
function thousand(): string[] {
  return types.flatMap((type) =>
    Array.from({ length: 100 }, (_, index) => {
      const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0 } as const;
      return encode({
        type: 'query',
        id: (index * 7919 + type.length) & 0xffff,
        flags: RECURSION_DESIRED,
        questions: [
          { name: full(index % 10 === 9 ? `gone${index}` : `N${index}`), type: type as RecordType, class: 'IN' },
        ],
        additionals: index % 3 === 0 ? [{ ...opt, flag_do: index % 2 === 0, options: [] }] : [],
      }).toString('hex');
    }),
  );
}

for (const which of judgedServers) {
  const all = [
    ...rows.map(({ name, expected }) => ({ name: full(name), expected })),
    ...others.filter(([, , except]) => except !== which).map(([name, expected]) => ({ name: full(name), expected })),
  ];

  test.serial(`E2, E3, E5, E6, E7: ${which} is asked: every name as the table says, by dig and by glibc`, async (t) => {
    t.timeout(180_000);
    const server = await startJudged(court.lab, which);
    t.teardown(() => server.stop());
    if (which === judgedServers[0]) await court.start();
    // dnsmasq serves 20 connections at a time, and lets others wait.
    const atOnce = which === 'dnsmasq' ? 4 : undefined;
    for (const over of ['+notcp', '+tcp']) {
      const got = await each(all, ({ name }) => dig(court.dual, SERVER, name, over), atOnce);
      const wrong = all
        .map(({ name, expected }, index) => [name, got[index], expected])
        .filter(([, is, due]) => is !== due);
      t.deepEqual(wrong, [], over);
    }
    const got = await glibc(
      court.dual,
      all.map(({ name }) => name),
    );
    // Where there is nothing but a blocker's 0.0.0.0 or a loopback address, glibc has that, too.
    t.deepEqual(
      all.map(({ name, expected }) => [name, got[name], asGlibc(expected)]).filter(([, is, due]) => is !== due),
      [],
      'glibc',
    );
    // dnsmasq holds too few types to be worth asking.
    if (which === 'dnsmasq') return;
    const questions = thousand();
    for (const over of ['udp', 'tcp']) {
      const ask = [...nodeCommand('test/interop/ask.ts'), over, SERVER, ...questions];
      const [through, direct] = await Promise.all([
        court.dual.must(ask, undefined, 60_000),
        court.host6.must(ask, undefined, 60_000),
      ]);
      const lines = direct.trim().split('\n');
      t.is(lines.length, 1000);
      const different = through
        .trim()
        .split('\n')
        .filter((line, index) => line !== lines[index]);
      t.deepEqual(different, [], `E10: octet for octet, over ${over}`);
    }
  });
}

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await court.stop(), []);
});
