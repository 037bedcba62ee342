/** Answers that are longer than their asker takes (RFC 1035 §4.2.1, RFC 6147 §5.4, RFC 6891 §6.2.3). */
import test from 'ava';
import { TRUNCATED_RESPONSE } from 'dns-packet';
import type { Reply } from './fixture/surroundings.ts';
import { A, AAAA, nodata, play, synthesized, usableA, usableAaaa } from './fixture/synthesis-scene.ts';
import { printed } from './fixture/zone-line.ts';

const many = Array.from(
  { length: 60 },
  (_, index) => `host6.example. 300 IN AAAA 2001:db8::${(index + 16).toString(16)}`,
);

test('E12: over UDP what is longer than the asker takes is truncated; a larger size and TCP get all of it', async (t) => {
  const rows = { [AAAA]: { answers: many }, [A]: nodata };
  const small = await play({ rows });
  t.true(small.flags.includes('tc'));
  t.deepEqual(small.answers, []);
  const large = await play({ rows, asked: { edns: 4096 } });
  t.is(large.answers.length, 60);
  t.deepEqual(printed(large.octets).edns, { size: 1232, dnssecOk: false, options: [] });
  const tcp = await play({ rows, arrival: { protocol: 'tcp' } });
  t.is(tcp.answers.length, 60);
  t.deepEqual([...tcp.network.asked].sort(), ['host6.example A tcp', 'host6.example AAAA tcp']);
});

test('E12: a truncated A answer without a usable address is fetched whole', async (t) => {
  const cut: Reply = { flags: TRUNCATED_RESPONSE, authorities: [] };
  const whole = await play({
    rows: { 'host6.example A udp': cut, 'host6.example A tcp': usableA, [AAAA]: usableAaaa },
  });
  t.deepEqual(whole.answers, ['host6.example. 300 IN A 192.0.2.7']);
  const usable = await play({ a: { ...usableA, flags: TRUNCATED_RESPONSE }, aaaa: usableAaaa });
  t.true(usable.flags.includes('tc'));
  const withoutTcp = await play({
    rows: { 'host6.example A udp': cut, 'host6.example A tcp': 'silence', [AAAA]: usableAaaa },
  });
  t.deepEqual(withoutTcp.answers, synthesized);
});

test('E2, E12: a long A answer stays as it came, but one fetched over TCP is truncated for UDP', async (t) => {
  const answers = many.map((line, index) => line.replace('AAAA', 'A').replace(/\S+$/, `192.0.2.${index + 1}`));
  const asCame = await play({ a: { answers }, aaaa: nodata });
  t.is(asCame.answers.length, 60);
  const cut: Reply = { flags: TRUNCATED_RESPONSE };
  const rows = { 'host6.example A udp': cut, 'host6.example A tcp': { answers }, [AAAA]: nodata };
  const fetched = await play({ rows });
  t.true(fetched.flags.includes('tc'));
  t.deepEqual(fetched.answers, []);
  t.is((await play({ rows, asked: { edns: 4096 } })).answers.length, 60);
});
