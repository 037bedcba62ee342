import test from 'ava';
import { type Chains, type Fate, type Probe, walk } from './ruleset-walk.ts';

const out: Probe = { iifname: 'bis0', oifname: 'eth0', ctState: 'new' };
const reply: Probe = { iifname: 'eth0', oifname: 'bis0', ctState: 'established' };

const accept = { accept: null };
const drop = { drop: null };
const match = (left: unknown, right: unknown, op = '=='): unknown => ({ match: { op, left, right } });
const iifname = (right: unknown, op?: string): unknown => match({ meta: { key: 'iifname' } }, right, op);
const state = (right: unknown): unknown => match({ ct: { key: 'state' } }, right, 'in');

const rows: readonly { title: string; rules: unknown[][]; out: Fate; reply: Fate }[] = [
  { title: 'an empty chain', rules: [], out: undefined, reply: undefined },
  { title: 'the first verdict counts', rules: [[{ counter: null }, drop], [accept]], out: 'drop', reply: 'drop' },
  { title: 'reject and queue are no way through', rules: [[{ reject: null }]], out: 'drop', reply: 'drop' },
  { title: 'one interface', rules: [[iifname('bis0'), accept]], out: 'accept', reply: undefined },
  { title: 'another interface', rules: [[iifname('bis0', '!='), accept]], out: undefined, reply: 'accept' },
  { title: 'names that begin so', rules: [[iifname('bi*'), accept]], out: 'accept', reply: undefined },
  { title: 'a list of names', rules: [[iifname({ set: ['lo', 'eth0'] }), drop]], out: undefined, reply: 'drop' },
  { title: 'a named set, unknown', rules: [[iifname('@lan'), drop]], out: undefined, reply: undefined },
  { title: 'not in a named set, unknown', rules: [[iifname('@lan', '!='), drop]], out: undefined, reply: undefined },
  { title: 'states', rules: [[state(['established', 'related']), accept]], out: undefined, reply: 'accept' },
  { title: 'one state', rules: [[state('new'), drop]], out: 'drop', reply: undefined },
  { title: 'IPv6', rules: [[match({ meta: { key: 'nfproto' } }, 'ipv4'), drop]], out: undefined, reply: undefined },
  {
    title: 'what is not known of the packet',
    rules: [
      [match({ payload: { protocol: 'tcp', field: 'dport' } }, 22), drop],
      [{ limit: { rate: 5 } }, drop],
      [accept],
    ],
    out: 'accept',
    reply: 'accept',
  },
  {
    title: "iptables' conntrack lets replies pass; its other matches are unknown",
    rules: [
      [{ xt: { type: 'match', name: 'conntrack' } }, accept],
      [{ xt: { type: 'match', name: 'comment' } }, drop],
    ],
    out: undefined,
    reply: 'accept',
  },
  {
    title: 'a verdict map',
    rules: [
      [
        {
          vmap: {
            key: { meta: { key: 'iifname' } },
            data: {
              set: [
                ['eth0', drop],
                ['bis0', accept],
              ],
            },
          },
        },
      ],
    ],
    out: 'accept',
    reply: 'drop',
  },
  {
    title: 'a verdict map by name, unknown',
    rules: [[{ vmap: { key: { meta: { key: 'iifname' } }, data: '@m' } }]],
    out: undefined,
    reply: undefined,
  },
  {
    title: 'a jump that returns',
    rules: [[{ jump: { target: 'returns' } }], [accept]],
    out: 'accept',
    reply: 'accept',
  },
  { title: 'a jump that does not', rules: [[{ jump: { target: 'drops' } }], [accept]], out: 'drop', reply: 'drop' },
  {
    title: 'a goto does not come back',
    rules: [[{ goto: { target: 'returns' } }], [drop]],
    out: 'return',
    reply: 'return',
  },
  { title: 'a chain that is not there', rules: [[{ jump: { target: 'gone' } }], [drop]], out: 'drop', reply: 'drop' },
  { title: 'a circle ends', rules: [[{ jump: { target: 'start' } }], [drop]], out: 'drop', reply: 'drop' },
  {
    title: 'what is no statement',
    rules: [[null, 7, 'x', {}, { match: null }, drop]],
    out: undefined,
    reply: undefined,
  },
];

for (const { title, rules, ...fates } of rows) {
  test(`S15: ${title}`, (t) => {
    const chains: Chains = new Map([
      ['start', rules],
      ['returns', [[{ return: null }], [drop]]],
      ['drops', [[drop]]],
    ]);
    t.is(walk('start', chains, out), fates.out);
    t.is(walk('start', chains, reply), fates.reply);
  });
}
