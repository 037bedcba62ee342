import test from 'ava';
import type { ServerStatus } from './control/agent.ts';
import { degradedReasons, type Observations } from './reasons.ts';

const server = (address: string, listener: string | null = '192.0.2.1#40000'): ServerStatus => ({
  device: 'eth0',
  server: `${address}#53`,
  listener,
});

/** A host on which everything works. */
const fine: Observations = {
  mode: 'snoop',
  isLoopbackUp: true,
  uplinks: ['eth0'],
  servers: [server('192.0.2.53')],
  unanswered: [],
  loops: [],
  gaps: [],
  blocking: [],
  givenUp: [],
  isAlive: true,
  problem: undefined,
};

const closed = {
  family: 'inet',
  table: 'fw',
  chain: 'forward',
  rules: [],
  reason: 'policy drop stops bis0 to eth0',
} as const;
const opening = 'nft \'insert rule inet fw forward iifname "bis0" accept\'';

/** What is observed besides, and the codes of the reasons it gives. */
const table: readonly [string, Partial<Observations>, readonly string[]][] = [
  ['everything works', {}, []],
  ['there is no uplink', { uplinks: [] }, ['no-uplink']],
  ['loopback is down', { isLoopbackUp: false }, ['loopback-down']],
  ['loopback is down in mode listen', { isLoopbackUp: false, mode: 'listen' }, []],
  ['there is no resolv.conf', { servers: [] }, ['no-server']],
  ['no server in mode listen', { servers: [], mode: 'listen' }, ['no-server']],
  ['the only server has no route', { servers: [server('192.0.2.53', null)] }, ['server-unreachable']],
  ['one of two servers has no route', { servers: [server('192.0.2.53'), server('192.0.2.54', null)] }, []],
  [
    'a server could not be caught',
    { servers: [server('192.0.2.53'), server('192.0.2.54', null)], unanswered: ['192.0.2.54#53'] },
    ['server-not-caught'],
  ],
  [
    'one has no route, the other could not be caught',
    { servers: [server('192.0.2.53', null), server('192.0.2.54', null)], unanswered: ['192.0.2.54#53'] },
    ['server-not-caught', 'server-unreachable'],
  ],
  ['D7: a server leads back to us', { loops: ['192.0.2.53#53'] }, ['server-loop']],
  ['programs go round us', { gaps: [{ code: 'nss-resolve', text: 'They do.' }] }, ['nss-resolve']],
  [
    'two chains are closed',
    {
      blocking: [
        { ...closed, command: opening },
        { ...closed, command: undefined },
      ],
    },
    ['firewall', 'firewall'],
  ],
  ['somebody keeps changing what is ours', { givenUp: ['the device'] }, ['not-repaired']],
  ['a worker hangs', { isAlive: false }, ['not-answering']],
  ['a change was not followed', { problem: '`ip -j addr show` failed' }, ['not-followed']],
  [
    'nothing works',
    { isAlive: false, uplinks: [], isLoopbackUp: false, servers: [], problem: 'x' },
    ['not-answering', 'no-uplink', 'loopback-down', 'no-server', 'not-followed'],
  ],
];

for (const [situation, observed, codes] of table) {
  test(`${situation}: ${codes.join(', ') || 'no reason'}`, (t) => {
    const reasons = degradedReasons({ ...fine, ...observed });
    t.deepEqual(
      reasons.map(({ code }) => code),
      codes,
    );
    for (const { text } of reasons) t.regex(text, /^[A-Z].*\.$/, 'a sentence');
  });
}

test('S15: a closed chain is named with its table and the command that opens it', (t) => {
  const blocking = [{ ...closed, command: opening }];
  t.deepEqual(degradedReasons({ ...fine, blocking }), [
    {
      code: 'firewall',
      text: 'Chain forward of table inet fw drops translated packets: policy drop stops bis0 to eth0.',
      command: opening,
    },
  ]);
});
