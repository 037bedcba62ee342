/** `resolve` and `explain` with a real resolver and a real mapper; the servers are on loopback. */
import test from 'ava';
import { ipv4, parseIpv4 } from '../mapper/address/ipv4.ts';
import { parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { AddressMapper } from '../mapper/address-mapper.ts';
import { parseExplicitPair } from '../mapper/explicit-pair.ts';
import { LiveExplicitMap } from '../mapper/live-explicit-map.ts';
import { MappingsWithExplicit } from '../mapper/mappings-with-explicit.ts';
import { SharedTable } from '../mapper/shared-table.ts';
import { Spool } from '../mapper/spool.ts';
import { type FakeUpstream, fakeUpstream, type Serve } from '../resolver/fixture/fake-upstream.ts';
import { plainSockets } from '../resolver/fixture/plain-sockets.ts';
import { fakeHost } from '../resolver/fixture/surroundings.ts';
import { listen } from '../resolver/listener/listener.ts';
import { formatName } from '../resolver/message/name.ts';
import { createResolver } from '../resolver/resolver.ts';
import { defaultSettings, type ResolverSettings } from '../resolver/settings.ts';
import { BadRequest } from './control/bad-request.ts';
import { explainAddress, explainName, type InquiryParts, readQuestionText, resolve } from './inquiry.ts';

const soa = { authorities: ['example. 30 IN SOA ns.example. hostmaster.example. 1 2 3 4 5'] };

const zone: Serve = (text) => {
  if (text.startsWith('six.example AAAA')) {
    return { answers: ['six.example. 300 IN AAAA fe80::1', 'six.example. 300 IN AAAA 2001:db8::9'] };
  }
  if (text.startsWith('both.example A ')) return { answers: ['both.example. 300 IN A 192.0.2.7'] };
  if (text.startsWith('both.example AAAA')) return { answers: ['both.example. 300 IN AAAA 2001:db8::9'] };
  if (text.startsWith('blocked.example A ')) return { answers: ['blocked.example. 300 IN A 127.0.0.2'] };
  if (text.startsWith('hostile.example TXT'))
    return { answers: ['hostile.example. 300 IN TXT "\u001b[2J$(id)\u0007"'] };
  return soa;
};

interface Scene {
  readonly parts: InquiryParts & { readonly explicit: LiveExplicitMap };
  readonly upstream: FakeUpstream;
  readonly assigned: () => number;
}

async function withScene(play: (scene: Scene) => Promise<void>, settings: Partial<ResolverSettings> = {}) {
  const range = parseIpv4Prefix('10.170.160.0/24');
  if (range === undefined) throw new Error('no prefix');
  const spool = new Spool([range]);
  const table = SharedTable.create(spool, 1);
  const now = (): number => 1_000_000;
  const mapper = new AddressMapper({ spool, index: table.reader, sinks: [table.writer()], stamps: [table], now });
  const explicit = new LiveExplicitMap();
  const resolver = createResolver({
    mappings: new MappingsWithExplicit(mapper, explicit),
    host: fakeHost(),
    settings: { ...defaultSettings, ...settings },
    sockets: plainSockets,
  });
  const upstream = await fakeUpstream(zone);
  const listener = await listen({ address: '127.0.0.1', port: 0, upstreams: [upstream], resolver });
  try {
    await play({
      parts: { resolver, mapper, explicit, questions: { gaps: () => [{ code: 'x', text: 'Some go round.' }] }, now },
      upstream,
      assigned: () => mapper.counters.assigned,
    });
  } finally {
    await Promise.all([listener.close(), upstream.close()]);
  }
}

const asked = (name: string, type = 'A') => readQuestionText({ name, type });

test('resolve asks as a program would: what is synthesized is mapped and promised', (t) =>
  withScene(async ({ parts, upstream, assigned }) => {
    const { milliseconds, ...resolution } = await resolve(parts, asked('six.example'));
    t.deepEqual(resolution, {
      name: 'six.example',
      type: 'A',
      servers: [`127.0.0.1#${upstream.port}`],
      rcode: 'NOERROR',
      answers: ['six.example. 30 IN A 10.170.160.1'],
      authorities: [],
      additionals: [],
    });
    t.true(milliseconds >= 0);
    t.is(assigned(), 1);
    t.deepEqual((await resolve(parts, asked('both.example', 'AAAA'))).answers, [
      'both.example. 300 IN AAAA 2001:db8::9',
    ]);
  }));

test('explain says what was asked and said, what does not count, and what decided; it makes no mapping', (t) =>
  withScene(async ({ parts, upstream, assigned }) => {
    const { name, type, servers, notFor } = await explainName(parts, asked('six.example'));
    t.deepEqual(notFor, ['Some go round.']);
    t.deepEqual([name, type, servers.length], ['six.example', 'A', 1]);
    const [explained] = servers;
    if (explained === undefined) return t.fail();
    const { asked: questions, ...rest } = explained;
    const server = `127.0.0.1#${upstream.port}`;
    t.deepEqual(rest, {
      servers: [server],
      row: { a: 'nodata', aaaa: 'usable' },
      outcome: 'synthesized',
      because: null,
      rcode: 'NOERROR',
      answer: [],
      mappings: [{ ipv6: '2001:db8::9', explicit: null, mapping: null }],
      ttlSeconds: 30,
    });
    const line = 'example. 30 IN SOA ns.example. hostmaster.example. 1 2 3 4 5';
    t.deepEqual(
      questions
        .map(({ milliseconds, ...question }) => ({ ...question, took: milliseconds !== null && milliseconds >= 0 }))
        .toSorted((a, b) => a.type.length - b.type.length),
      [
        { type: 'A', records: [{ text: line, excluded: null }] },
        {
          type: 'AAAA',
          records: [
            { text: 'six.example. 300 IN AAAA fe80::1', excluded: 'link-local' },
            { text: 'six.example. 300 IN AAAA 2001:db8::9', excluded: null },
          ],
        },
      ].map((more) => ({
        from: 'network',
        server,
        transport: 'udp',
        rcode: 'NOERROR',
        ageSeconds: null,
        ...more,
        took: true,
      })),
    );
    t.is(assigned(), 0);
  }));

test('explain shows the mapping there is, and that the cache was asked; it keeps nothing in the cache', (t) =>
  withScene(async ({ parts, upstream }) => {
    await explainName(parts, asked('six.example'));
    await explainName(parts, asked('six.example'));
    const count = (): number => upstream.asked.filter((text) => text.startsWith('six.example')).length;
    t.is(count(), 4, 'the second time the network is asked again');
    await resolve(parts, asked('six.example'));
    const { servers } = await explainName(parts, asked('six.example'));
    t.is(count(), 6);
    t.deepEqual(
      servers[0]?.asked.map(({ from, server, ageSeconds }) => [from, server, ageSeconds]),
      [
        ['cache', null, 0],
        ['cache', null, 0],
      ],
    );
    t.deepEqual(servers[0]?.mappings[0]?.mapping, {
      ipv4: '10.170.160.1',
      ipv6: '2001:db8::9',
      names: ['six.example'],
      ageSeconds: 0,
      promisedForSeconds: 90,
      lastPacketSecondsAgo: null,
      packets: 0,
      octets: 0,
      state: 'promised',
      isStranger: false,
    });
  }));

/** Name, type, and what explaining it says in short. */
const table: readonly [string, string, string][] = [
  ['both.example', 'A', 'unmodified usable/any'],
  ['blocked.example', 'A', 'unmodified excluded/empty'],
  ['nothing.example', 'A', 'negative nodata/empty'],
  ['both.example', 'AAAA', 'passed - Only A questions are synthesized for.'],
  ['never.example', 'A', 'passed - The configuration says never to synthesize for this name.'],
  ['always.example', 'A', 'negative nodata/empty The configuration prefers AAAA for this name.'],
  ['200.160.170.10.in-addr.arpa', 'PTR', 'reversed -'],
];

for (const [name, type, wanted] of table) {
  test(`explain ${name} ${type}: ${wanted}`, (t) =>
    withScene(
      async ({ parts }) => {
        const [explained] = (await explainName(parts, asked(name, type))).servers;
        const row = explained?.row == null ? '-' : `${explained.row.a}/${explained.row.aaaa}`;
        t.is([explained?.outcome, row, explained?.because ?? ''].join(' ').trim(), wanted);
      },
      { never: ['never.example'], always: ['always.example'] },
    ));
}

test('D10: what is told of records is printable ASCII', (t) =>
  withScene(async ({ parts }) => {
    const { answers } = await resolve(parts, asked('hostile.example', 'TXT'));
    t.deepEqual(answers, ['hostile.example. 300 IN TXT "\\027[2J$(id)\\007"']);
    const evil = asked('a\\010b\\027[2J\\.c\\000.example');
    t.is((await resolve(parts, evil)).name, 'a\\010b\\027\\[2J\\.c\\000.example');
    t.regex(JSON.stringify(await explainName(parts, evil)), /^[ -~]*$/);
  }));

test('explain an address: what it stands for, or what stands for it, or why nothing ever will', (t) =>
  withScene(async ({ parts }) => {
    await resolve(parts, asked('six.example'));
    for (const text of ['10.170.160.1', '2001:db8::9', '2001:0DB8:0::9']) {
      const { mapping } = explainAddress(parts, text) ?? {};
      t.is(`${mapping?.ipv4} ${mapping?.ipv6} ${mapping?.names.join()}`, '10.170.160.1 2001:db8::9 six.example', text);
    }
    const nothing = { explicit: null, mapping: null, excluded: null };
    t.deepEqual(explainAddress(parts, '10.170.160.9'), { address: '10.170.160.9', isSpool: true, ...nothing });
    t.deepEqual(explainAddress(parts, '192.0.2.1'), { address: '192.0.2.1', isSpool: false, ...nothing });
    t.deepEqual(explainAddress(parts, '2001:db8::77'), { address: '2001:db8::77', isSpool: null, ...nothing });
    t.is(explainAddress(parts, 'fe80::1')?.excluded, 'link-local');
    t.is(explainAddress(parts, 'fe80::1%eth0')?.excluded, 'link-local');
    t.is(explainAddress(parts, '2001:db8::1')?.excluded, 'of this host');
    t.is(explainAddress(parts, '2001:db8:64::1')?.excluded, 'NAT64 of this network');
    t.is(explainAddress(parts, 'six.example'), undefined);
    t.is(parts.mapper.isSpool(parseIpv4('10.170.160.9') ?? ipv4(0)), true);
  }));

test('M17: an explicit mapping is told before one of the spool, as it is answered', (t) =>
  withScene(async ({ parts }) => {
    parts.explicit.replace([parseExplicitPair('2001:db8::9', '192.0.2.7')]);
    t.deepEqual((await resolve(parts, asked('six.example'))).answers, ['six.example. 30 IN A 192.0.2.7']);
    const { servers } = await explainName(parts, asked('six.example'));
    t.deepEqual(servers[0]?.mappings, [{ ipv6: '2001:db8::9', explicit: '192.0.2.7', mapping: null }]);
    for (const text of ['192.0.2.7', '2001:db8::9'])
      t.deepEqual(explainAddress(parts, text)?.explicit, { ipv4: '192.0.2.7', ipv6: '2001:db8::9' });
  }));

test('an address in the place of a name is asked for its name', (t) => {
  const read = (name: string, type: string): string => {
    const question = readQuestionText({ name, type });
    return `${formatName(question.name)} ${question.type}`;
  };
  t.is(read('10.170.160.1', 'A'), '1.160.170.10.in-addr.arpa 12');
  t.is(read('10.170.160.1', 'ptr'), '1.160.170.10.in-addr.arpa 12');
  t.regex(read('2001:db8::9', 'A'), /^9\.(0\.){23}8\.b\.d\.0\.1\.0\.0\.2\.ip6\.arpa 12$/);
  t.is(read('10.170.160.1', 'MX'), '10.170.160.1 15', 'a name of digits, as it stands');
});

test('a name or a type that is none is a bad request', (t) => {
  for (const [name, type] of [
    ['', 'A'],
    ['a..b', 'A'],
    [`${'x'.repeat(64)}.example`, 'A'],
    ['x', 'TYPE0'],
    ['x', 'NO'],
  ] as const) {
    t.throws(() => readQuestionText({ name, type }), { instanceOf: BadRequest }, `${name} ${type}`);
  }
  t.is(readQuestionText({ name: 'six.example.', type: 'type65' }).type, 65);
});
