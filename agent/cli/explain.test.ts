/** `bis resolve` and `bis explain`, run as processes against a fake agent behind the real sockets. */
import test, { type ExecutionContext } from 'ava';
import type { AddressExplanation, MappingRow, NameExplanation, Resolution } from '../control/agent.ts';
import { bis, launcher, run } from '../testing/run-bis.ts';
import { openInstance } from '../testing/test-instance.ts';

async function running(t: ExecutionContext) {
  const instance = await openInstance(t);
  return { ...instance, command: (...words: string[]) => bis(...words, '--runtime-dir', instance.runtimeDirectory) };
}

const resolution: Resolution = {
  name: 'six.example',
  type: 'A',
  servers: ['192.0.2.53#53 on eth0'],
  rcode: 'NOERROR',
  milliseconds: 1.5,
  answers: ['six.example. 30 IN A 10.170.160.1'],
  authorities: [],
  additionals: [],
};

const mapping: MappingRow = {
  ipv4: '10.170.160.1',
  ipv6: '2001:db8::9',
  names: ['six.example'],
  ageSeconds: 3,
  promisedForSeconds: 87,
  lastPacketSecondsAgo: 2,
  state: 'live',
  packets: 0,
  octets: 0,
  isStranger: false,
};

const question = { from: 'network', server: '192.0.2.53#53 on eth0', transport: 'udp', ageSeconds: null } as const;
const explanation: NameExplanation = {
  name: 'six.example',
  type: 'A',
  servers: [
    {
      servers: ['192.0.2.53#53 on eth0'],
      asked: [
        { ...question, type: 'A', rcode: 'NOERROR', milliseconds: 1.2, records: [] },
        {
          ...question,
          type: 'AAAA',
          rcode: 'NOERROR',
          milliseconds: 1.3,
          records: [
            { text: 'six.example. 300 IN AAAA fe80::1', excluded: 'link-local' },
            { text: 'six.example. 300 IN AAAA 2001:db8::9', excluded: null },
          ],
        },
      ],
      row: { a: 'nodata', aaaa: 'usable' },
      outcome: 'synthesized',
      because: null,
      rcode: 'NOERROR',
      answer: [],
      mappings: [{ ipv6: '2001:db8::9', explicit: null, mapping }],
      ttlSeconds: 30,
    },
  ],
  notFor: ['Programs that ask elsewhere get no synthesized answers.'],
};

const address = (more: Partial<AddressExplanation>): AddressExplanation => ({
  address: '10.170.160.1',
  isSpool: true,
  explicit: null,
  mapping: null,
  excluded: null,
  ...more,
});

test('resolve prints the records, and fails when there are none', async (t) => {
  const { agent, command } = await running(t);
  agent.resolutions.set('six.example A', resolution);
  t.deepEqual(await command('resolve', 'six.example'), {
    code: 0,
    stdout: `; six.example A: NOERROR in 1.5 ms, asked of 192.0.2.53#53 on eth0
six.example. 30 IN A 10.170.160.1
`,
    stderr: '',
  });
  t.deepEqual(JSON.parse((await command('resolve', 'six.example', 'a', '--json')).stdout), resolution);
  agent.resolutions.set('no.example AAAA', { ...resolution, rcode: 'NXDOMAIN', answers: [] });
  t.is((await command('resolve', 'no.example', 'AAAA')).code, 1);
});

test('names in other letters are asked for as A-labels; what is no name or type is wrong usage', async (t) => {
  const { agent, command } = await running(t);
  agent.resolutions.set('xn--bcher-kva.example A', resolution);
  t.is((await command('resolve', 'bücher.example')).code, 0);
  agent.resolutions.set('_dmarc.\\032x.example TXT', resolution);
  t.is((await command('resolve', '_dmarc.\\032x.example', 'TXT')).code, 0);
  t.deepEqual(agent.calls, ['resolve xn--bcher-kva.example A', 'resolve _dmarc.\\032x.example TXT']);
  for (const words of [
    ['resolve'],
    ['resolve', 'a b', 'A'],
    ['resolve', 'a', 'A;'],
    ['explain'],
    ['explain', 'a', ''],
  ]) {
    t.is((await command(...words)).code, 2, words.join(' '));
  }
});

test('explain is a short report', async (t) => {
  const { agent, command } = await running(t);
  agent.explanations.set('six.example A', explanation);
  const { code, stdout } = await command('explain', 'six.example');
  t.is(code, 0);
  t.is(
    stdout,
    `six.example A is answered with spool addresses in the place of AAAA records, if 192.0.2.53#53 on eth0 is asked
  A        NOERROR from 192.0.2.53#53 on eth0 over udp, 1.2 ms
  AAAA     NOERROR from 192.0.2.53#53 on eth0 over udp, 1.3 ms
             six.example. 300 IN AAAA fe80::1   does not count: link-local
             six.example. 300 IN AAAA 2001:db8::9
  decided  A nodata, AAAA usable
  answer   NOERROR, to be kept for 30 s
             10.170.160.1 for 2001:db8::9, live, 3 s old, promised for 1 min 27 s, last packet 2 s ago
  ! Programs that ask elsewhere get no synthesized answers.
`,
  );
  t.deepEqual(JSON.parse((await command('explain', 'six.example', '--json')).stdout), explanation);
});

test('explain an address is a line or three', async (t) => {
  const { agent, command } = await running(t);
  const rows: [AddressExplanation, string][] = [
    [
      address({ mapping }),
      '10.170.160.1 stands for 2001:db8::9\n  live, 3 s old, promised for 1 min 27 s, last packet 2 s ago\n  asked for as six.example',
    ],
    [
      address({ isSpool: false, explicit: { ipv4: '192.0.2.7', ipv6: '2001:db8::9' } }),
      '192.0.2.7 stands for 2001:db8::9, an explicit mapping',
    ],
    [address({}), '10.170.160.1 is of the spool, and stands for nothing now'],
    [address({ isSpool: false }), '10.170.160.1 is not of the spool'],
    [
      address({ address: 'fe80::1', isSpool: null, excluded: 'link-local' }),
      'fe80::1 never gets a spool address: link-local',
    ],
    [address({ address: '2001:db8::7', isSpool: null }), '2001:db8::7 has no spool address now'],
  ];
  for (const [told, wanted] of rows) {
    agent.explanations.set(`${told.address} A`, told);
    t.is((await command('explain', told.address)).stdout, `${wanted}\n`);
  }
});

test('D10: neither command lets anything but printable ASCII on the terminal', async (t) => {
  const { agent, command } = await running(t);
  const evil = 'a\u001b[2J\n10.0.0.1 \u202e$(id)';
  agent.resolutions.set('evil A', { ...resolution, name: evil, servers: [evil], rcode: evil, answers: [evil] });
  agent.explanations.set('evil A', {
    name: evil,
    type: evil,
    servers: explanation.servers.map((one) => ({
      ...one,
      servers: [evil],
      answer: [evil],
      because: evil,
      asked: [
        {
          ...question,
          type: evil,
          server: evil,
          rcode: evil,
          milliseconds: 1,
          records: [{ text: evil, excluded: evil }],
        },
      ],
      mappings: [{ ipv6: evil, explicit: null, mapping: null }],
    })),
    notFor: [evil],
  });
  for (const name of ['resolve', 'explain']) {
    for (const more of [[], ['--json']]) {
      const { stdout } = await command(name, 'evil', ...more);
      t.regex(stdout, /^[\n -~]+$/, name);
      t.false(stdout.includes('\n10.0.0.1'), 'no line of its own');
    }
  }
});

test('S8: both are for those who may control', async (t) => {
  const { agent, runtimeDirectory } = await running(t);
  agent.resolutions.set('six.example A', resolution);
  for (const path of ['resolve', 'explain']) {
    const argv = [
      'curl',
      '-sS',
      '--unix-socket',
      `${runtimeDirectory}/public/status.sock`,
      '-d',
      '{"name":"six.example"}',
    ];
    const { stdout } = await run([...argv, `http://bis/v1/${path}`]);
    t.regex(stdout, /"not-found"/);
  }
  if (process.geteuid?.() !== 0) return;
  const asNobody = await run([launcher, 'resolve', 'six.example', '--runtime-dir', runtimeDirectory], {
    uid: 65534,
    gid: 65534,
  });
  t.is(asNobody.code, 1);
  t.regex(asNobody.stderr, /^bis: This needs root, or membership in the group bis/);
});

test('what cannot be asked is answered in words', async (t) => {
  const { command } = await running(t);
  const { code, stderr } = await command('resolve', 'unknown.example');
  t.is(code, 1);
  t.is(stderr, 'bis: Cannot answer unknown.example A\n');
});
