import test from 'ava';
import { from4, from6, MONDAY, pumpScene } from './fixture/pump-scene.ts';

const unmapped = 'IPv4 172.21.112.1 > 10.170.160.77 | UDP 1 > 2';
const expired6 = `${from6} hlim=1 | UDP 1 > 2`;

test('M16: a spool address that stands for nobody is an unreachable host, says an address that is never handed out', (t) => {
  const scene = pumpScene();
  const [error, ...more] = scene.through(unmapped);
  t.is(
    error,
    'IPv4 10.170.160.0 > 172.21.112.1 ttl=64 tos=192 df | ICMPv4 unreachable/1 | IPv4 172.21.112.1 > 10.170.160.77 ttl=64 | UDP 1 > 2',
  );
  t.deepEqual(more, []);
  t.deepEqual(scene.fourToSix(), { packets: 0, octets: 0, verdicts: { 'refused-no-mapping': 1, 'errors-sent': 1 } });
});

test('a refused packet leads to one error in its own family, from our address in that family', (t) => {
  const scene = pumpScene();
  const [tooBig, ...none] = scene.through(`${from4} df | UDP 1 > 2 | [1472]`);
  t.regex(tooBig ?? '', /^IPv4 10\.170\.160\.0 > 172\.21\.112\.1 .*ICMPv4 unreachable\/4 mtu=1480 \| IPv4 172/);
  const [expired, ...nothing] = scene.through(expired6);
  t.regex(expired ?? '', /^IPv6 fd00::ac15:7001 > 2001:db8::9 .*ICMPv6 time-exceeded \| IPv6 2001:db8::9 > fd00::/);
  t.deepEqual([...none, ...nothing], []);
  t.is(scene.sixToFour().verdicts['errors-sent'], 1);
});

test('S4: no error is sent about an error, nor counted as one too many', (t) => {
  const scene = pumpScene();
  const quoted4 = '| IPv4 10.170.160.9 > 172.21.112.1 | UDP 1 > 2';
  const quoted6 = '| IPv6 fd00::ac15:7001 > 2001:db8::9 | UDP 1 > 2';
  const lines = [
    `${from4} ttl=1 | ICMPv4 unreachable/1 ${quoted4}`,
    `${from4} ttl=1 | ICMPv4 time-exceeded ${quoted4}`,
    `${from6} hlim=1 | ICMPv6 unreachable ${quoted6}`,
    `${from6} hlim=1 | ICMPv6 packet-too-big mtu=1400 ${quoted6}`,
  ];
  t.deepEqual(scene.through(lines), []);
  t.deepEqual(scene.fourToSix().verdicts, { 'refused-time-exceeded': 2 });
  t.deepEqual(scene.sixToFour().verdicts, { 'refused-time-exceeded': 2 });
});

test('S4: at most 100 errors in any second, whichever way they go', (t) => {
  const scene = pumpScene();
  const sentAt: number[] = [];
  for (let now = MONDAY; now < MONDAY + 5000; now += 1) {
    for (const _ of scene.through([unmapped, expired6], now)) sentAt.push(now);
  }
  for (const [index, at] of sentAt.entries()) {
    const within = sentAt.slice(index).filter((other) => other < at + 1000).length;
    t.true(within <= 100, `${within} errors in the second from ${at - MONDAY} ms on`);
  }
  t.true(sentAt.length > 5 * 75, `only ${sentAt.length} errors in 5 s`);
  const sent = [scene.fourToSix(), scene.sixToFour()].map(({ verdicts }) => verdicts['errors-sent'] ?? 0);
  const limited = [scene.fourToSix(), scene.sixToFour()].map(({ verdicts }) => verdicts['errors-limited'] ?? 0);
  t.is((sent[0] ?? 0) + (sent[1] ?? 0), sentAt.length);
  t.is((sent[0] ?? 0) + (limited[0] ?? 0), 5000);
  t.is((sent[1] ?? 0) + (limited[1] ?? 0), 5000);
});

test('S4: a clock that jumps does not open the gate', (t) => {
  const scene = pumpScene();
  const many = new Array<string>(200).fill(unmapped);
  const first = scene.through(many, MONDAY).length;
  t.true(first > 0 && first <= 100);
  t.is(scene.through(many, MONDAY - 3_600_000).length, 0, 'back');
  t.true(scene.through(many, MONDAY + 3_600_000).length <= 100, 'and forth');
});

test('S4: the limit is shared among queues; the smallest share still tells somebody', (t) => {
  const many = new Array<string>(200).fill(unmapped);
  t.is(pumpScene({ errorsPerSecond: 50 }).through(many).length, 10);
  t.is(pumpScene({ errorsPerSecond: 100 / 64 }).through(many).length, 1);
});

test('an error the device does not take is counted as that', (t) => {
  const scene = pumpScene();
  scene.device.isFull = true;
  scene.through(unmapped);
  t.deepEqual(scene.fourToSix().verdicts, { 'refused-no-mapping': 1, 'device-refused': 1 });
});

test('errors can be quietened, except those a path depends on', (t) => {
  const scene = pumpScene({}, { icmpErrors: false });
  t.deepEqual(scene.through(unmapped), []);
  t.is(scene.through(`${from4} ttl=1 | UDP 1 > 2`).length, 1);
});
