/** Types, codes, MTUs and pointers of ICMP errors, both ways (RFC 7915 §4.2, §5.2). */
import test from 'ava';
import { translated } from '../test/reference/bump.ts';

const from4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=64';
const to6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=63';
const sent4 = 'IPv4 172.21.112.1 > 10.170.160.9 ttl=1';
const sent6 = 'IPv6 fd00::ac15:7001 > 2001:db8::9 hlim=1';
const from6 = 'IPv6 2001:db8::5 > fd00::ac15:7001 hlim=64';
const to4 = 'IPv4 10.170.160.5 > 172.21.112.1 ttl=63';
const udp = 'UDP 40000 > 53 | "hello"';

/** What an ICMPv4 error about a UDP packet becomes: `unreachable/1 mtu=5`, or the verdict. */
function error4(message: string, settings = {}): string {
  const line = translated(`${from4} | ICMPv4 ${message} | ${sent4} | ${udp}`, settings);
  const [head, ...rest] = line.split(' | ');
  if (rest.length === 0) return line;
  if (head !== to6 || rest.slice(1).join(' | ') !== `${sent6} | ${udp}`) return line;
  return (rest[0] ?? '').replace('ICMPv6 ', '');
}

function error6(message: string, settings = {}): string {
  const line = translated(`${from6} | ICMPv6 ${message} | ${sent6} | ${udp}`, settings);
  const [head, ...rest] = line.split(' | ');
  if (rest.length === 0) return line;
  if (head !== to4 || rest.slice(1).join(' | ') !== `${sent4} | ${udp}`) return line;
  return (rest[0] ?? '').replace('ICMPv4 ', '');
}

test('RFC 7915 4.2-DU 4.2-DU2: destination unreachable, code by code', (t) => {
  const expected: Record<number, string> = {
    2: 'parameter-problem/1 pointer=6',
    3: 'unreachable/4',
    4: 'packet-too-big mtu=1280',
  };
  for (const code of [0, 1, 5, 6, 7, 8, 11, 12]) expected[code] = 'unreachable';
  for (const code of [9, 10, 13, 15]) expected[code] = 'unreachable/1';
  for (let code = 0; code < 256; code++) {
    t.is(error4(`unreachable/${code}`), expected[code] ?? 'dropped-icmp-type', String(code));
  }
});

test('S4, RFC 7915 4.2-PTB: the MTU grows by 20 and stays within the links, never below 1280', (t) => {
  const rows: [number, object, number][] = [
    [1400, {}, 1420],
    [1480, {}, 1500],
    [1500, {}, 1500],
    [1500, { mtu6: 9000, mtu4: 9000 }, 1520],
    [1500, { mtu6: 9000, mtu4: 1400 }, 1420],
    [68, {}, 1280],
    [1260, {}, 1280],
    [65_535, { mtu6: 65_535, mtu4: 65_535 }, 65_535],
  ];
  for (const [mtu, links, expected] of rows) {
    t.is(error4(`unreachable/4 mtu=${mtu}`, links), `packet-too-big mtu=${expected}`, String(mtu));
  }
});

test('RFC 7915 4.2-PLAT: without an MTU a plateau below the packet is guessed', (t) => {
  const links = { mtu4: 65_535, mtu6: 65_535 };
  for (const [total, plateau] of [
    [65_535, 32_000],
    [32_001, 32_000],
    [32_000, 17_914],
    [9000, 8166],
    [8166, 4352],
    [4000, 2002],
    [1500, 1492],
    [1492, 1260],
    [28, 1260],
  ] as const) {
    const line = translated(`${from4} | ICMPv4 unreachable/4 | ${sent4} total=${total} | protocol 6 | [8]`, links);
    t.true(line.startsWith(`${to6} | ICMPv6 packet-too-big mtu=${plateau + 20} |`), `${total}: ${line}`);
  }
});

test('RFC 7915 4.2-DROP: quench, redirect and type 6 are dropped', (t) => {
  for (const message of ['quench', 'redirect', 'redirect/1']) t.is(error4(message), 'dropped-icmp-type');
  for (const type of [1, 2, 6, 255]) t.is(translated(`${from4} | ICMPv4 ${type} | [20]`), 'dropped-icmp-type');
});

test('RFC 7915 4.2-TE 5.2-TE: time exceeded keeps its code', (t) => {
  for (const code of ['', '/1']) {
    t.is(error4(`time-exceeded${code}`), `time-exceeded${code}`);
    t.is(error6(`time-exceeded${code}`), `time-exceeded${code}`);
  }
});

test('RFC 7915 4.2-PP 4.2-PP1: parameter problem, pointer by pointer', (t) => {
  const pointers: Record<number, number> = { 0: 0, 1: 1, 2: 4, 3: 4, 8: 7, 9: 6 };
  for (const pointer of [12, 13, 14, 15]) pointers[pointer] = 8;
  for (const pointer of [16, 17, 18, 19]) pointers[pointer] = 24;
  for (let pointer = 0; pointer < 256; pointer++) {
    const to = pointers[pointer];
    const expected = to === undefined ? 'dropped-icmp-type' : `parameter-problem${to === 0 ? '' : ` pointer=${to}`}`;
    t.is(error4(`parameter-problem pointer=${pointer}`), expected);
    t.is(error4(`parameter-problem/2 pointer=${pointer}`), expected);
    t.is(error4(`parameter-problem/1 pointer=${pointer}`), 'dropped-icmp-type');
  }
  for (const code of [3, 255]) t.is(error4(`parameter-problem/${code}`), 'dropped-icmp-type');
});

test('RFC 7915 5.2-DU: destination unreachable, code by code', (t) => {
  const expected: Record<number, string> = { 0: '/1', 1: '/10', 2: '/1', 3: '/1', 4: '/3' };
  for (let code = 0; code < 256; code++) {
    const to = expected[code];
    t.is(error6(`unreachable/${code}`), to === undefined ? 'dropped-icmp-type' : `unreachable${to}`, String(code));
  }
});

test('S4, RFC 7915 5.2-PTB 5.2-PTBLOW: the MTU shrinks by 20, stays within the links and 16 bits, and below 1280 it is not believed', (t) => {
  const rows: [number, object, number][] = [
    [1500, {}, 1480],
    [1280, {}, 1260],
    [9000, {}, 1480],
    [9000, { mtu4: 1300 }, 1300],
    [9000, { mtu4: 9000, mtu6: 9000 }, 8980],
    [1279, {}, 1260],
    [0, {}, 1260],
    [20, {}, 1260],
    [65_556, { mtu4: 65_535, mtu6: 65_535 }, 65_515],
    [4_294_967_295, { mtu4: 65_535, mtu6: 65_535 }, 65_515],
  ];
  for (const [mtu, links, expected] of rows) {
    t.is(error6(`packet-too-big mtu=${mtu}`, links), `unreachable/4 mtu=${expected}`, String(mtu));
  }
});

test('RFC 7915 5.2-PTB 5.3-IN: if the packet in error has a Fragment Header its 8 octets count', (t) => {
  t.is(
    translated(
      `${from6} | ICMPv6 packet-too-big mtu=1300 | ${sent6} payload=1300 | fragment id=7 mf | UDP 1 > 2 length=9 sum=0x0001`,
    ),
    `${to4} | ICMPv4 unreachable/4 mtu=1272 | ${sent4} id=7 mf total=1312 | UDP 1 > 2 length=9 sum=0x8010`,
  );
});

test('RFC 7915 5.2-PP 5.2-PP1: parameter problem, pointer by pointer', (t) => {
  const pointers: Record<number, number> = { 0: 0, 1: 1, 4: 2, 5: 2, 6: 9, 7: 8 };
  for (let pointer = 8; pointer < 24; pointer++) pointers[pointer] = 12;
  for (let pointer = 24; pointer < 40; pointer++) pointers[pointer] = 16;
  for (const pointer of [...Array(60).keys(), 65_536, 4_294_967_295]) {
    const to = pointers[pointer];
    const expected = to === undefined ? 'dropped-icmp-type' : `parameter-problem${to === 0 ? '' : ` pointer=${to}`}`;
    t.is(error6(`parameter-problem pointer=${pointer}`), expected, String(pointer));
  }
  t.is(error6('parameter-problem/1 pointer=40'), 'unreachable/2');
  for (const code of [2, 3, 255]) t.is(error6(`parameter-problem/${code}`), 'dropped-icmp-type');
});

test('RFC 7915 5.2-DROP: unknown ICMPv6 errors are dropped', (t) => {
  for (const type of [0, 5, 99, 100, 101, 127]) t.is(error6(`${type}`), 'dropped-icmp-type', String(type));
});
