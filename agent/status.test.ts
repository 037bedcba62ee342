import test from 'ava';
import { type Ipv4Address, parseIpv4 } from '../mapper/address/ipv4.ts';
import { type Ipv6Address, parseIpv6 } from '../mapper/address/ipv6.ts';
import { type Ipv4Prefix, parseIpv4Prefix, parseIpv6Prefix } from '../mapper/address/prefix.ts';
import type { ListedMapping } from '../mapper/mapping.ts';
import { mappingPages, mappingRow, statusOf, type UpStatusParts, upStatus } from './status.ts';
import { fakeStatus, fakeUp } from './testing/fake-agent.ts';

const NOW = 1_000_000;

type Row = ListedMapping;

function row(ipv4: string, more: Partial<Row> = {}): Row {
  return {
    ipv4: parseIpv4(ipv4) as Ipv4Address,
    ipv6: parseIpv6('2001:db8::1') as Ipv6Address,
    names: ['six.example'],
    createdAt: NOW - 100,
    promisedUntil: NOW - 1,
    isStranger: false,
    isLive: false,
    lastPacket: 0,
    packets: 0,
    octets: 0,
    ...more,
  };
}

const spool = parseIpv4Prefix('10.170.160.0/20');
const ula = parseIpv6Prefix('fd12:3456:789a::/96');
const direction = { packets: 1, octets: 2, verdicts: { translated: 1 } };

/** A bump that is up. */
function parts(): UpStatusParts {
  if (spool === undefined || ula === undefined) throw new Error('no prefixes');
  return {
    instance: { device: 'bis0', spool, ula },
    leg: {
      mtu: 1480,
      unread: 7,
      tun: { name: 'bis0', queues: [7, 8], offloads: ['tso4'], board: -1 },
      uplinks: ['eth0'],
      dedicated: [],
    },
    surroundings: { detached: [] },
    spool: { usable: 4094, open: [spool], closing: [] },
    mapper: {
      use: { used: 3, held: 2, strangers: 1, quarantined: 4 },
      counters: { assigned: 9, recycled: 6, refused: 5 },
      strangerCounters: { admitted: 1, overRate: 2, refused: 3 },
    },
    questions: {
      mode: 'snoop',
      because: () => ['It works here.'],
      servers: () => [{ device: 'eth0', server: '192.0.2.53#53', listener: null }],
    },
    resolver: { counters: { questions: 3 }, rows: { 'nodata/usable': 1 } },
    dataPlane: { counters: () => ({ fourToSix: direction, sixToFour: direction }) },
  };
}

/** Objects whose keys are words of what was counted. */
const byWord: readonly string[] = ['counters', 'verdicts', 'answerTable'];

/** The keys of an object and of the objects in it. */
function shape(value: object): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner) && !byWord.includes(key)
      ? [key, ...shape(inner as object).map((below) => `${key}.${below}`)]
      : [key],
  );
}

test('the status has the fields of the contract, down and up', (t) => {
  const since = new Date('2026-01-02T03:04:05Z');
  const down = statusOf('down', [{ code: 'lost', text: 'It was lost.' }], since, []);
  t.deepEqual(shape(down).sort(), shape(fakeStatus).sort());
  t.is(down.since, '2026-01-02T03:04:05.000Z');
  t.is(down.pid, process.pid);
  t.regex(down.version, /^\d+\.\d+\.\d+/);
  t.deepEqual([down.device, down.spool, down.self, down.resolver, down.translator], [null, null, null, null, null]);
  const up = statusOf('up', [], since, ['tcp/8080'], upStatus(parts()));
  t.deepEqual(shape(up).sort(), shape({ ...fakeStatus, ...fakeUp }).sort());
});

test('the status counts addresses that are used, and those that may not be recycled', (t) => {
  t.deepEqual(upStatus(parts()).spool, {
    range: '10.170.160.0/20',
    size: 4094,
    used: 3,
    held: 2,
    strangers: 1,
    quarantined: 4,
    closing: [],
    counters: { assigned: 9, recycled: 6, refused: 5, strangersRefused: 5 },
  });
  t.deepEqual(upStatus(parts()).device, { name: 'bis0', offloads: ['tso4'], queues: 2, mtu: 1480, unread: 7 });
});

test('the counters told are those of that moment', (t) => {
  const live = parts();
  const told = upStatus(live);
  (live.resolver.counters as { questions: number }).questions = 4;
  t.deepEqual(told.resolver?.counters, { questions: 3 });
});

test('mappings are told in order of their addresses, with what holds them', (t) => {
  const rows = [
    row('10.170.160.9', { promisedUntil: NOW + 30, lastPacket: NOW - 5 }),
    row('10.170.160.2', { isLive: true, promisedUntil: NOW + 30 }),
    row('10.170.160.10', { createdAt: NOW + 5 }),
    row('172.21.95.254', {}),
  ];
  const listed = (address: Ipv4Address) => rows.find(({ ipv4 }) => ipv4 === address);
  const ranges = ['172.21.80.0/20', '10.170.160.0/20'].map((text) => parseIpv4Prefix(text) as Ipv4Prefix);
  const pages = [...mappingPages({ listed }, { ranges }, () => NOW)];
  t.deepEqual(
    pages
      .flat()
      .map(({ ipv4, state, promisedForSeconds, lastPacketSecondsAgo, ageSeconds }) => [
        ipv4,
        state,
        promisedForSeconds,
        lastPacketSecondsAgo,
        ageSeconds,
      ]),
    [
      ['10.170.160.2', 'live', 30, null, 100],
      ['10.170.160.9', 'promised', 30, 5, 100],
      ['10.170.160.10', 'idle', 0, null, 0],
      ['172.21.95.254', 'idle', 0, null, 100],
    ],
  );
});

test('RFC 1035 5.1: names are told without the dot of the root, with a dot that is part of a label', (t) => {
  const names = ['six.example.', 'six.example', 'a\\.', 'a\\\\.', 'a\\\\\\.'];
  t.deepEqual(mappingRow(row('10.170.160.1', { names }), NOW).names, [
    'six.example',
    'six.example',
    'a\\.',
    'a\\\\',
    'a\\\\\\.',
  ]);
});
