import test from 'ava';
import { formatIpv6, type Ipv6Words, ipv6, parseIpv6 } from '../mapper/address/ipv6.ts';
import { formatIpv6Prefix, parseIpv6Prefix } from '../mapper/address/prefix.ts';
import { EmbeddedMap } from '../mapper/embedded-map.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { spoolAddress } from './fixture/surroundings.ts';
import { answerTo, printed, type Said } from './fixture/zone-line.ts';
import { learnPref64, prefixesIn } from './pref64.ts';
import type { Upstream } from './upstream/upstream.ts';

const server: Upstream = { address: '192.0.2.53', port: 53 };
const other: Upstream = { address: '192.0.2.54', port: 53 };
const signal = new AbortController().signal;

/** Every layout of RFC 6052 §2.2. */
const layouts = [
  '2001:db8::/32',
  '2001:db8:100::/40',
  '2001:db8:122::/48',
  '2001:db8:122:300::/56',
  '2001:db8:122:344::/64',
  '2001:db8:122:344::/96',
];

/** The address a DNS64 makes of an IPv4 address. */
function made(prefix: string, ipv4: string): string {
  const parsed = parseIpv6Prefix(prefix);
  if (parsed === undefined) throw new Error(`${prefix} is no prefix`);
  const out = ipv6(0, 0, 0, 0) as Ipv6Words;
  new EmbeddedMap(parsed).toIpv6(spoolAddress(ipv4), out);
  return formatIpv6(out);
}

const aaaa = (addresses: readonly string[], ttl = 300): Said => ({
  answers: addresses.map((address) => `ipv4only.arpa. ${ttl} IN AAAA ${address}`),
});

/** A network in which each server says what `says` has for it, and what was asked. */
function scene(says: Map<Upstream, Said | 'silence'>) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const pref64 = learnPref64({
    clock,
    ask: async (octets, upstream, _transport, over) => {
      asked.push(`${printed(octets).question} of ${upstream.address}`);
      const said = says.get(upstream) ?? 'silence';
      if (said !== 'silence') return answerTo(octets, said);
      return new Promise((resolve) => over.addEventListener('abort', () => resolve(undefined)));
    },
  });
  const known = (...upstreams: Upstream[]): string[] => pref64.of(upstreams).map(formatIpv6Prefix);
  return { clock, asked, pref64, known };
}

for (const prefix of layouts) {
  test(`E7: RFC 7050: the prefix ${prefix} is found`, (t) => {
    for (const known of ['192.0.0.170', '192.0.0.171']) {
      const address = parseIpv6(made(prefix, known));
      t.deepEqual(address && prefixesIn(address).map(formatIpv6Prefix), [prefix], known);
    }
  });
}

test('E7: RFC 7050: an address without the well-known IPv4 address, or with bits 64 to 71 set, tells of no prefix', (t) => {
  for (const text of ['2001:db8::1', '2001:db8::192.0.0.172', '2001:db8:0:0:100::192.0.0.170', '::', 'ff02::1']) {
    const address = parseIpv6(text);
    t.deepEqual(address && prefixesIn(address), [], text);
  }
});

test('E7: RFC 7050: each server is asked, and all its prefixes count, for the lists it is in only', async (t) => {
  const says = new Map([
    [server, aaaa([made('2001:db8::/32', '192.0.0.170'), made('2001:db9:5::/96', '192.0.0.171'), '2001:db8:9::1'])],
    [other, { rcode: 3 }],
  ]);
  const { clock, asked, pref64, known } = scene(says);
  pref64.look(server);
  pref64.look(other);
  await clock.pass(0);
  t.deepEqual(asked, ['ipv4only.arpa AAAA of 192.0.2.53', 'ipv4only.arpa AAAA of 192.0.2.54']);
  t.deepEqual(known(server), ['2001:db8::/32', '2001:db9:5::/96']);
  t.deepEqual(known(other, server), ['2001:db8::/32', '2001:db9:5::/96']);
  t.deepEqual(known(other), []);
  pref64.keep([other]);
  t.deepEqual(known(server), []);
});

test('E7: RFC 7050: a prefix is asked for again when its TTL is over, and kept where nobody answers', async (t) => {
  const says = new Map<Upstream, Said | 'silence'>([[server, aaaa([made('2001:db8:1::/96', '192.0.0.170')], 100)]]);
  const { clock, asked, pref64, known } = scene(says);
  pref64.look(server);
  await clock.pass(99_000);
  t.deepEqual(known(server), ['2001:db8:1::/96']);
  t.is(asked.length, 1);
  says.set(server, 'silence');
  await clock.pass(1000);
  t.deepEqual(known(server), ['2001:db8:1::/96']);
  await clock.pass(3000);
  t.is(asked.length, 2);
  t.deepEqual(known(server), ['2001:db8:1::/96'], 'silence does not mean that the NAT64 is gone');
  says.set(server, aaaa([made('2001:db8:2::/64', '192.0.0.170')], 0));
  await clock.pass(60_000);
  known(server);
  await clock.pass(0);
  t.deepEqual(known(server), ['2001:db8:2::/64'], 'another prefix, another network');
  says.set(server, {});
  await clock.pass(59_000);
  known(server);
  t.is(asked.length, 3, 'at most once a minute, whatever the TTL');
  clock.ahead = 1000;
  known(server);
  await clock.pass(0);
  t.deepEqual(known(server), [], 'time asleep counts, and a server that says there is none is believed');
});

test('E7: RFC 7050: a hostile answer makes no more than eight prefixes, none of them shorter than 32 bits', async (t) => {
  const many = Array.from({ length: 200 }, (_, index) => made(`2001:${(index + 1).toString(16)}::/32`, '192.0.0.170'));
  const { clock, pref64, known } = scene(new Map([[server, aaaa(many)]]));
  pref64.look(server);
  await clock.pass(0);
  t.is(known(server).length, 8);
  t.true(known(server).every((prefix) => Number(prefix.split('/')[1]) >= 32));
});

test('E7: a synthesis waits for the first answer of a server, a second at most', async (t) => {
  const says = new Map<Upstream, Said | 'silence'>([[server, 'silence']]);
  const { clock, pref64 } = scene(says);
  t.is(pref64.ready([server], signal), undefined, 'nobody asks this one');
  pref64.look(server);
  let waited = -1;
  void pref64.ready([server], signal)?.then(() => {
    waited = clock.now();
  });
  await clock.pass(5000);
  t.is(waited, 1000);
  t.is(pref64.ready([server], signal), undefined, 'from then on it is known to say nothing');
  says.set(other, {});
  pref64.look(other);
  let isReady = false;
  void pref64.ready([server, other], signal)?.then(() => {
    isReady = true;
  });
  await clock.pass(0);
  t.true(isReady);
  t.is(clock.waiting, 0);
});
