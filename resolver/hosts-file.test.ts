import test from 'ava';
import fc from 'fast-check';
import { formatIpv6 } from '../mapper/address/ipv6.ts';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { printed, question, type Said } from './fixture/zone-line.ts';
import { followHosts, readHosts } from './hosts-file.ts';
import { parseName } from './message/name.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings, type ResolverSettings } from './settings.ts';

const name = (text: string): Uint8Array => parseName(text) ?? new Uint8Array(1);
const addresses = (file: string, of: string): string[] => (followHosts(() => file)(name(of)) ?? []).map(formatIpv6);

const file = `# static names
127.0.0.1\tlocalhost
::1       localhost ip6-localhost
2001:db8::9  host6.example  Host6   # behind the house
2001:db8::a\thost6.example
2001:db8::b  both.example
192.0.2.7    both.example
::ffff:192.0.2.8 mapped.example
2001:db8::c  mapped.example
`;

test('E25: names with only IPv6 addresses have them, in order, in whatever letters', (t) => {
  t.deepEqual(addresses(file, 'host6.example'), ['2001:db8::9', '2001:db8::a']);
  t.deepEqual(addresses(file, 'HOST6'), ['2001:db8::9']);
  t.deepEqual(addresses(file, 'ip6-localhost'), ['::1']);
});

test('E25: names with an IPv4 address as well, on whichever line, are not among them', (t) => {
  for (const each of ['localhost', 'both.example', 'mapped.example', 'other.example'])
    t.deepEqual(addresses(file, each), [], each);
});

test('E25: lines that make no sense are passed over', (t) => {
  const odd = '2001:db8::9\nnonsense host6\n2001:db8::zz host6\nfe80::1%eth0 host6\n#2001:db8::9 host6\n\0\r\n';
  t.is(readHosts(odd).size, 0);
  t.deepEqual(addresses(`${odd}2001:db8::d host6\r\n`, 'host6'), ['2001:db8::d']);
  t.is(readHosts('2001:db8::9 a\\.b ä.example \u212aelvin (x)\n').size, 0);
});

test('E25: any text whatever is read', (t) => {
  fc.assert(fc.property(fc.string(), (text) => readHosts(`${text}\n2001:db8::9 host6\n`).size >= 0));
  t.pass();
});

test('E25: a hundred thousand blocked names cost what their length costs, and leave nothing', (t) => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `0.0.0.0 ads${index}.example`);
  const start = performance.now();
  t.is(readHosts(`${lines.join('\n')}\n2001:db8::9 host6`).size, 1);
  // 0.3 s measured; were every line compared with every other, minutes.
  t.true(performance.now() - start < 5000);
});

test('E25: the file is read anew when it changes, and only then', (t) => {
  let text = '2001:db8::9 host6';
  const of = followHosts(() => text);
  t.is(of(name('host6')), of(name('host6')));
  t.is(of(name('host6')).length, 1);
  text = '192.0.2.7 host6';
  t.is(of(name('host6')).length, 0);
});

/** What becomes of an A question for host6 when the hosts file is `hosts` and the network says `a` and `aaaa`. */
async function play(
  hosts: string | undefined,
  a: Said,
  settings: Partial<ResolverSettings> = {},
  aaaa: Said = { rcode: 3 },
) {
  const upstream = await fakeUpstream((text) => (text.includes('AAAA') ? aaaa : a));
  const resolver = createResolver({
    mappings: fakeMappings(),
    host: fakeHost(),
    settings: { ...defaultSettings, ...settings },
    sockets: plainSockets,
    ...(hosts !== undefined && { hosts: () => hosts }),
  });
  const answer = await resolver.answer(question('host6 A'), { ...local, upstreams: [upstream] });
  const direct = await resolver.answer(question('host6 AAAA'), { ...local, upstreams: [upstream] });
  await upstream.close();
  return { ...printed(answer), direct: printed(direct).rcode, asked: upstream.asked };
}

const nxdomain: Said = { rcode: 3 };
const line = '2001:db8::9 host6\n2001:db8::a host6\n';

test('E25: a name the DNS does not know is synthesized from the file; other questions go their way', async (t) => {
  const said = await play(line, nxdomain);
  t.deepEqual(said.answers, ['host6. 60 IN A 10.170.160.1', 'host6. 60 IN A 10.170.160.2']);
  t.is(said.direct, 'NXDOMAIN');
  t.deepEqual(said.asked, ['host6 A udp', 'host6 AAAA udp']);
});

test('E2, E25: a usable A of the DNS is what the C library would have got, and stays', async (t) => {
  t.deepEqual((await play(line, { answers: ['host6. 300 IN A 192.0.2.7'] })).answers, ['host6. 300 IN A 192.0.2.7']);
});

test('E25: not when told never, not without the file, not for addresses nobody may stand in for', async (t) => {
  t.is((await play(line, nxdomain, { never: ['host6'] })).rcode, 'NXDOMAIN');
  t.is((await play(undefined, nxdomain)).rcode, 'NXDOMAIN');
  const own = '2001:db8::1 host6\nfe80::9 host6\n';
  t.is((await play(own, nxdomain)).rcode, 'NXDOMAIN');
  const aaaa = { answers: ['host6. 300 IN AAAA 2001:db8::c'] };
  t.deepEqual((await play(own, nxdomain, {}, aaaa)).answers, ['host6. 60 IN A 10.170.160.1']);
  t.deepEqual((await play(`${own}2001:db8::9 host6`, nxdomain)).answers, ['host6. 60 IN A 10.170.160.1']);
});
