import test from 'ava';
import { parseIpv6 } from '../mapper/address/ipv6.ts';
import { newCounters } from './counters.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { arrived, fakeMappings, type Network, network, type Reply } from './fixture/surroundings.ts';
import { type AskedWith, type Printed, printed, question } from './fixture/zone-line.ts';
import { reverse } from './reverse.ts';

const ip6 = '9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa';

/** Asks for the name of a spool address; 10.170.160.1 stands for 2001:db8::9, asked for as `names`. */
async function play(
  ask: string,
  rows: Record<string, Reply> = {},
  names: string[] = ['host6.example'],
  asked: AskedWith = {},
): Promise<Printed & { network: Network; reversed: number }> {
  const mappings = fakeMappings();
  const ipv6 = parseIpv6('2001:db8::9');
  if (ipv6 === undefined) throw new Error('no address');
  for (const name of names) mappings.assign(ipv6, { name, ttlSeconds: 60 });
  const net = network(rows, new ManualClock());
  const counters = newCounters();
  const answer = await reverse({ mappings, ttlCeilingSeconds: 60, counters })(arrived(question(ask, asked)), net);
  return { ...printed(answer), network: net, reversed: counters.reversed };
}

const ours = '1.160.170.10.in-addr.arpa PTR';

test('E14: the name of a spool address is the name of the IPv6 address behind it', async (t) => {
  const said = await play(ours, { [`${ip6} PTR`]: { answers: [`${ip6}. 20 IN PTR host6.example.net.`] } });
  t.deepEqual(said.answers, ['1.160.170.10.in-addr.arpa. 20 IN PTR host6.example.net.']);
  t.deepEqual(said.network.asked, [`${ip6} PTR either`]);
  t.is(said.reversed, 1);
  t.is(said.flags, 'rd ra');
});

test('E14: an alias on the way (RFC 2317) is followed, the TTL has a ceiling, the letter case is kept', async (t) => {
  const said = await play('1.160.170.10.IN-addr.ARPA PTR', {
    [`${ip6} PTR`]: { answers: [`${ip6}. 900 IN CNAME nine.example.`, 'nine.example. 900 IN PTR host6.example.'] },
  });
  t.deepEqual(said.answers, ['1.160.170.10.IN-addr.ARPA. 60 IN PTR host6.example.']);
});

test('E14: without a PTR the name kept with the mapping is the answer, whatever went wrong', async (t) => {
  for (const reply of [{ rcode: 3 }, { rcode: 2 }, {}, { octets: new Uint8Array(5) }]) {
    const said = await play(ours, { [`${ip6} PTR`]: reply });
    t.deepEqual(said.answers, ['1.160.170.10.in-addr.arpa. 60 IN PTR host6.example.']);
  }
});

test('E14: without any name the answer is NXDOMAIN', async (t) => {
  const mapped = await play(ours, { [`${ip6} PTR`]: { rcode: 3 } }, ['\\999 is no name']);
  t.is(mapped.rcode, 'NXDOMAIN');
});

test('E15: a spool address without a mapping does not exist, and nobody is asked', async (t) => {
  const said = await play('77.160.170.10.in-addr.arpa PTR');
  t.is(said.rcode, 'NXDOMAIN');
  t.deepEqual(said.network.asked, []);
});

test('E15: names of other addresses, and names that are no address, are asked for as they are', async (t) => {
  for (const name of [
    '1.2.0.192.in-addr.arpa',
    '160.170.10.in-addr.arpa',
    '1.1.160.170.10.in-addr.arpa',
    '01.160.170.10.in-addr.arpa',
    'x.160.170.10.in-addr.arpa',
    '1.160.170.10.example',
    ip6,
  ]) {
    const said = await play(`${name} PTR`, { [`${name} PTR`]: { answers: [`${name}. 5 IN PTR a.example.`] } });
    t.deepEqual(said.network.asked, [`${name} PTR udp`]);
    t.deepEqual(said.answers, [`${name}. 5 IN PTR a.example.`]);
  }
});

test('E10: other types of a spool address’s name are passed on', async (t) => {
  const said = await play('1.160.170.10.in-addr.arpa TXT');
  t.deepEqual(said.network.asked, ['1.160.170.10.in-addr.arpa TXT udp']);
});

test('E12: a PTR question with OPT is answered with OPT', async (t) => {
  const said = await play(ours, { [`${ip6} PTR`]: { rcode: 3 } }, ['host6.example'], { edns: 1232 });
  t.deepEqual(said.edns, { size: 1232, dnssecOk: false, options: [] });
  t.is((await play(ours)).edns, undefined);
});
