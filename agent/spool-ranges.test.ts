import test from 'ava';
import { formatIpv4Prefix, type Ipv4Prefix, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { Spool } from '../mapper/spool.ts';
import { SpoolRanges } from './spool-ranges.ts';

const prefix = (text: string) => parseIpv4Prefix(text) as Ipv4Prefix;

function scene(configured = '10.170.160.0/20', spare = 1) {
  const spool = new Spool([prefix(configured)], spare);
  const occupied: Ipv4Prefix[] = [];
  const told: string[] = [];
  const tell = (first: unknown, text?: string): void => void told.push(text ?? String(first));
  const log = { debug: () => {}, info: tell, error: tell };
  let questions = 0;
  const moves: string[] = [];
  const ranges = new SpoolRanges({
    spool,
    mapper: { move: (range) => spool.move(range) !== undefined, occupiedIn: () => occupied },
    configured: prefix(configured),
    self: {
      follow: () => {},
      tend: () => {},
      addresses: ['172.21.112.1'],
      ranges: [prefix('172.21.112.0/20')],
      reasons: [],
    },
    reserved: () => [],
    explicit: () => [prefix('192.0.2.7/32')],
    connections: { ask: async () => void questions++ },
    taken: [],
    changed: () => void moves.push(spool.ranges.map(formatIpv4Prefix).join(' ')),
    log: { ...log, warn: log.info } as never,
  });
  const occupy = (...texts: string[]): void => {
    occupied.splice(0, occupied.length, ...texts.map(prefix));
  };
  const codes = () => ranges.reasons.map(({ code }) => code);
  return { moves, spool, ranges, occupy, codes, told, questions: () => questions };
}

test('M3: a collision moves the spool; held addresses keep routes of their own until they end', (t) => {
  const { ranges, occupy, codes, questions, moves } = scene();
  ranges.follow([prefix('192.168.0.0/16')]);
  t.deepEqual(ranges.prefixes(), ['10.170.160.0/20', '192.0.2.7/32']);
  t.false(ranges.tend());
  t.is(questions(), 0);
  occupy('10.170.160.2/31', '10.170.160.9/32');
  ranges.follow([prefix('10.170.0.0/16')]);
  t.true(ranges.tend());
  t.deepEqual(ranges.prefixes(), ['172.21.80.0/20', '10.170.160.2/31', '10.170.160.9/32', '192.0.2.7/32']);
  t.deepEqual(codes(), ['spool-moved']);
  t.is(questions(), 1);
  // Without a network there nothing is hidden.
  ranges.follow([]);
  t.deepEqual(codes(), []);
  occupy('10.170.160.9/32');
  t.true(ranges.tend());
  t.deepEqual(ranges.prefixes(), ['172.21.80.0/20', '10.170.160.9/32', '192.0.2.7/32']);
  occupy();
  t.true(ranges.tend());
  t.deepEqual(ranges.prefixes(), ['172.21.80.0/20', '192.0.2.7/32']);
  t.deepEqual(codes(), []);
  t.deepEqual(moves, ['172.21.80.0/20 10.170.160.0/20', '172.21.80.0/20']);
  // The network that was in the way has gone: there is no reason to move back.
  ranges.follow([]);
  t.deepEqual(ranges.prefixes(), ['172.21.80.0/20', '192.0.2.7/32']);
});

test('M3: a spool that cannot move stays, and it is said once', (t) => {
  const { ranges, occupy, codes, told } = scene();
  occupy('10.170.160.2/32');
  ranges.follow([prefix('10.0.0.0/8')]);
  for (let round = 0; round < 3; round++) ranges.follow([prefix('10.0.0.0/8'), prefix('172.16.0.0/12')]);
  t.deepEqual(codes(), ['spool-collision', 'spool-moved']);
  t.is(told.filter((text) => text.includes('cannot move')).length, 1);
  occupy();
  ranges.tend();
  ranges.follow([prefix('10.0.0.0/8'), prefix('172.16.0.0/12')]);
  t.deepEqual(ranges.prefixes()[0], '192.168.240.0/20');
});

test('M3: a range that somebody chose and that is elsewhere now is said', (t) => {
  const { ranges, codes } = scene('10.99.0.0/24');
  ranges.follow([prefix('10.99.0.128/25')]);
  ranges.tend();
  t.deepEqual(codes(), ['spool-elsewhere']);
});
