import test from 'ava';
import { AUTHENTIC_DATA, CHECKING_DISABLED } from 'dns-packet';
import type { Reply } from './fixture/surroundings.ts';
import {
  A,
  DEADLINE_MS,
  nodata,
  play,
  servfail,
  soa,
  synthesized,
  synthesizedFor30,
  usableA,
  usableAaaa,
} from './fixture/synthesis-scene.ts';
import { printed, question } from './fixture/zone-line.ts';

test('E1: A and AAAA are asked together, once each', async (t) => {
  const { network: net } = await play({ a: nodata, aaaa: usableAaaa });
  t.deepEqual([...net.asked].sort(), ['host6.example A udp', 'host6.example AAAA either']);
});

test('E2: a usable A answer is returned octet for octet, without waiting for AAAA', async (t) => {
  const asked = question(A, { edns: 1232 });
  const octets = Uint8Array.from([...asked.slice(0, 2), 0x85, 0x80, ...asked.slice(4)]);
  octets[7] = 1;
  const withRecord = Uint8Array.from([
    ...octets.slice(0, asked.length - 11),
    ...[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 7],
    ...octets.slice(asked.length - 11),
  ]);
  const outcome = await play({ a: { octets: withRecord }, aaaa: 'silence', asked: { edns: 1232 } });
  t.deepEqual(outcome.octets, withRecord);
  t.is(outcome.afterMs, 0);
  t.is(outcome.counters.unmodified, 1);
});

test('E2: one usable A among excluded ones is enough, and all are returned', async (t) => {
  const answers = ['host6.example. 300 IN A 127.0.0.2', 'host6.example. 300 IN A 192.0.2.7'];
  const outcome = await play({ a: { answers }, aaaa: usableAaaa });
  t.deepEqual(outcome.answers, answers);
});

test('E4: a missing A is waited for 250 ms after the AAAA, and counts when it comes by then', async (t) => {
  const inTime = await play({ a: { ...usableA, afterMs: 240 }, aaaa: usableAaaa });
  t.deepEqual(inTime.answers, ['host6.example. 300 IN A 192.0.2.7']);
  const late = await play({ a: { ...usableA, afterMs: 260 }, aaaa: usableAaaa });
  t.deepEqual(late.answers, synthesized);
  const patient = await play({ a: { ...usableA, afterMs: 900 }, aaaa: usableAaaa, settings: { waitForAMs: 1000 } });
  t.deepEqual(patient.answers, ['host6.example. 300 IN A 192.0.2.7']);
});

test('E5: one A for each usable AAAA, in the order received', async (t) => {
  const answers = [7, 3, 5].map((last) => `host6.example. 300 IN AAAA 2001:db8::${last}`);
  const { answers: got, promised } = await play({ a: nodata, aaaa: { answers } });
  t.deepEqual(
    got,
    [1, 2, 3].map((last) => `host6.example. 30 IN A 10.170.160.${last}`),
  );
  t.deepEqual(promised, [
    '10.170.160.1 = 2001:db8::7 (host6.example, 30 s)',
    '10.170.160.2 = 2001:db8::3 (host6.example, 30 s)',
    '10.170.160.3 = 2001:db8::5 (host6.example, 30 s)',
  ]);
});

test('E6: the aliases on the way are part of the answer', async (t) => {
  const aliases = ['host6.example. 120 IN CNAME a.example.net.', 'a.example.net. 90 IN CNAME b.example.net.'];
  const outcome = await play({
    a: { answers: aliases, authorities: [soa] },
    aaaa: { answers: [...aliases, 'b.example.net. 20 IN AAAA 2001:db8::9'] },
  });
  t.deepEqual(outcome.answers, [...aliases, 'b.example.net. 20 IN A 10.170.160.1']);
});

test('E6: DNAME and the CNAME made from it are part of the answer', async (t) => {
  const aliases = ['old.example. 120 IN DNAME new.example.', 'host6.old.example. 120 IN CNAME host6.new.example.'];
  const outcome = await play({
    ask: 'host6.old.example A',
    rows: {
      'host6.old.example A': { answers: aliases },
      'host6.old.example AAAA': { answers: [...aliases, 'host6.new.example. 40 IN AAAA 2001:db8::9'] },
    },
  });
  t.deepEqual(outcome.answers, [...aliases, 'host6.new.example. 40 IN A 10.170.160.1']);
});

test('E7: of good and excluded AAAA the good ones are kept', async (t) => {
  const answers = ['fe80::1', '2001:db8::9', '::1'].map((address) => `host6.example. 300 IN AAAA ${address}`);
  const outcome = await play({ a: nodata, aaaa: { answers } });
  t.deepEqual(outcome.promised, ['10.170.160.1 = 2001:db8::9 (host6.example, 30 s)']);
});

test('E8: a question of another class is passed on, and nothing else is asked', async (t) => {
  const outcome = await play({ a: { rcode: 0 }, asked: { class: 'CH' } });
  t.deepEqual(outcome.network.asked, ['host6.example A udp']);
  t.is(outcome.counters.passed, 1);
});

test('E10: questions of other types are passed on alone', async (t) => {
  for (const type of ['AAAA', 'MX', 'SRV', 'TXT', 'ANY', 'UNKNOWN_65', 'NS']) {
    const outcome = await play({ ask: `host6.example ${type}`, rows: { [`host6.example ${type}`]: usableAaaa } });
    t.deepEqual(outcome.network.asked, [`host6.example ${type} udp`]);
  }
});

test('E11, D3: what is not on the way from the question never makes a mapping', async (t) => {
  const bait = 'bait.example. 300 IN AAAA 2001:db8::bad';
  const away = 'host6.example. 300 IN AAAA 2001:db8::bad';
  for (const aaaa of [
    { answers: [bait] },
    { authorities: [away, soa] },
    { additionals: [away] },
    { answers: ['host6.example. 300 IN CNAME other.example.', bait] },
    { answers: ['host6.example. 300 CH AAAA 2001:db8::bad'] },
  ]) {
    const outcome = await play({ a: nodata, aaaa });
    t.deepEqual(outcome.promised, []);
    t.deepEqual(outcome.answers, []);
  }
});

test('D3: A records that are not on the way from the question do not keep a name from being synthesized', async (t) => {
  const away = 'host6.example. 300 IN A 192.0.2.66';
  const bait = 'bait.example. 300 IN A 192.0.2.66';
  for (const a of [{ additionals: [away] }, { authorities: [away] }, { answers: [bait] }]) {
    t.deepEqual((await play({ a, aaaa: usableAaaa })).answers, synthesized);
  }
});

test('E12: letter case is answered as asked', async (t) => {
  const outcome = await play({
    ask: 'HoSt6.eXample A',
    rows: {
      'HoSt6.eXample A': nodata,
      'HoSt6.eXample AAAA': { answers: ['host6.example. 300 IN AAAA 2001:db8::9'] },
    },
  });
  t.is(printed(outcome.octets).question, 'HoSt6.eXample A');
  t.deepEqual(outcome.answers, ['HoSt6.eXample. 30 IN A 10.170.160.1']);
});

test('E13: the TTL is the least of the AAAA, the SOA of the negative A answer, and the ceiling', async (t) => {
  const ttlOf = async (aaaaTtl: number, a: Reply, settings = {}): Promise<string | undefined> => {
    const answers = [`host6.example. ${aaaaTtl} IN AAAA 2001:db8::9`];
    return (await play({ a, aaaa: { answers }, settings })).answers[0]?.split(' ')[1];
  };
  t.is(await ttlOf(300, servfail), '60');
  t.is(await ttlOf(300, nodata), '30');
  t.is(await ttlOf(12, nodata), '12');
  t.is(await ttlOf(0, nodata), '0');
  t.is(await ttlOf(300, {}), '60');
  t.is(await ttlOf(300, servfail, { ttlCeilingSeconds: 200 }), '200');
  t.is(await ttlOf(0x80000001, servfail), '0');
});

test('E17: who asks with CD and DO gets the network’s answer; with DO alone a synthesized one without AD', async (t) => {
  const asked = { edns: 1232, dnssecOk: true };
  const validating = await play({ a: nodata, aaaa: usableAaaa, asked: { ...asked, flags: CHECKING_DISABLED } });
  t.deepEqual(validating.network.asked, ['host6.example A udp']);
  t.deepEqual(validating.answers, []);
  const plain = await play({ a: nodata, aaaa: { ...usableAaaa, flags: AUTHENTIC_DATA }, asked });
  t.deepEqual(plain.answers, synthesizedFor30);
  t.is(plain.flags, 'rd ra');
  t.deepEqual(printed(plain.octets).edns, { size: 1232, dnssecOk: true, options: [] });
  const checkingDisabled = await play({ a: nodata, aaaa: usableAaaa, asked: { flags: CHECKING_DISABLED } });
  t.is(checkingDisabled.flags, 'rd ra cd');
});

test('E20: without an IPv4 route an A is only used where there is no AAAA, unless it is a blocker’s', async (t) => {
  const dual = await play({ a: usableA, aaaa: usableAaaa, hasIpv4Route: false });
  t.deepEqual(dual.answers, synthesized);
  const only4 = await play({ a: usableA, aaaa: nodata, hasIpv4Route: false });
  t.deepEqual(only4.answers, ['host6.example. 300 IN A 192.0.2.7']);
  const blocked = await play({
    a: { answers: ['host6.example. 300 IN A 0.0.0.0'] },
    aaaa: usableAaaa,
    hasIpv4Route: false,
  });
  t.deepEqual(blocked.answers, ['host6.example. 300 IN A 0.0.0.0']);
  const told = await play({
    a: usableA,
    aaaa: usableAaaa,
    hasIpv4Route: false,
    settings: { whenNoIpv4: 'passthrough' },
  });
  t.deepEqual(told.answers, ['host6.example. 300 IN A 192.0.2.7']);
});

test('E21: "never" passes a name on, "always" prefers its AAAA', async (t) => {
  const never = await play({ a: nodata, aaaa: usableAaaa, settings: { never: ['example'] } });
  t.deepEqual(never.network.asked, ['host6.example A udp']);
  const always = await play({
    a: usableA,
    aaaa: usableAaaa,
    settings: { always: ['host6.example'], never: ['example'] },
  });
  t.deepEqual(always.answers, synthesized);
});

test('E26: when nothing at all is heard, the answer is SERVFAIL at the deadline', async (t) => {
  const outcome = await play({ a: 'silence', aaaa: 'silence' });
  t.is(outcome.rcode, 'SERVFAIL');
  t.is(outcome.afterMs, DEADLINE_MS);
});

test('M12: when every spool address is held, SERVFAIL says why to who understands, and the log hears of it', async (t) => {
  const outcome = await play({ a: nodata, aaaa: usableAaaa, spoolSize: 0, asked: { edns: 1232 } });
  t.is(outcome.rcode, 'SERVFAIL');
  t.deepEqual(printed(outcome.octets).edns?.options, [{ code: 15, text: 'bis: every spool address is in use' }]);
  t.is(outcome.counters.spoolUsedUp, 1);
  t.is(outcome.reported.length, 1);
  const withoutEdns = await play({ a: nodata, aaaa: usableAaaa, spoolSize: 0 });
  t.is(withoutEdns.rcode, 'SERVFAIL');
  t.is(printed(withoutEdns.octets).edns, undefined);
});

test('M12: what is left of the spool is used before a question fails', async (t) => {
  const answers = [7, 3, 5].map((last) => `host6.example. 300 IN AAAA 2001:db8::${last}`);
  const outcome = await play({ a: nodata, aaaa: { answers }, spoolSize: 2 });
  t.is(outcome.answers.length, 2);
});

test('D4: an answer that cannot be read counts as none', async (t) => {
  const cut = { octets: question(A).slice(0, 20) };
  t.deepEqual((await play({ a: cut, aaaa: usableAaaa })).answers, synthesized);
  t.is((await play({ a: nodata, aaaa: cut })).rcode, 'SERVFAIL');
  const loop = ['host6.example. 9 IN CNAME b.example.', 'b.example. 9 IN CNAME host6.example.'];
  t.is((await play({ a: { answers: loop }, aaaa: { answers: loop } })).rcode, 'SERVFAIL');
});
