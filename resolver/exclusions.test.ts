import test from 'ava';
import { parseIpv6 } from '../mapper/address/ipv6.ts';
import { areUsableA, isUsableAaaa } from './exclusions.ts';
import { fakeHost, fakeMappings, spoolAddress } from './fixture/surroundings.ts';

const judge6 = (text: string): boolean => {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  return isUsableAaaa(address, fakeHost());
};

const excluded6: [string, string[]][] = [
  ['unspecified, loopback, IPv4-compatible', ['::', '::1', '::192.0.2.1', '::ffff:ffff']],
  ['IPv4-mapped', ['::ffff:192.0.2.1', '::ffff:10.0.0.1']],
  ['link-local', ['fe80::1', 'fe80:1234::1', 'febf:ffff::1']],
  ['multicast', ['ff00::', 'ff02::1', 'ff0e::1', 'ffff::1']],
  ['discard-only', ['100::', '100::1', '100:0:0:0:ffff::1']],
  ['the host’s own', ['2001:db8::1']],
  ['our own ULA', ['fd0b:15::ac15:7001']],
  ['well-known NAT64', ['64:ff9b::192.0.2.33', '64:ff9b:1::1', '64:ff9b:1:ffff::1']],
  ['the network’s NAT64', ['2001:db8:64::192.0.2.33']],
  [
    '6to4 of IPv4 that is not global',
    ['2002:0a00:0001::1', '2002:c0a8:0101::1', '2002:7f00:0001::', '2002:6440:1::', '2002:a9fe:1::', '2002:e000:1::'],
  ],
  // Client 192.168.1.1 is 3f57:fefe with every bit flipped.
  [
    'Teredo of a client or a server that is not global',
    ['2001:0:4136:e378:8000:63bf:3f57:fefe', '2001:0:a00:1::f7f7:f7f7'],
  ],
];

for (const [what, addresses] of excluded6) {
  test(`E7: never synthesized from: ${what}`, (t) => {
    for (const address of addresses) t.false(judge6(address), address);
  });
}

test('E7: everything else is kept: overlays, ULA, global unicast, and the neighbours of what is excluded', (t) => {
  for (const address of [
    ...['2001:db8::9', '2a00:1450::1', 'fd00::1', 'fc00::1', '200::1', '3ff:ffff::1', 'fd7a:115c:a1e0::1'],
    ...['fe00::1', 'fec0::1', '100:0:0:1::1', '64:ff9b:2::1', '64:ff9b:0:0:1::1', '2001:db8:64:0:0:1::', '0:0:0:1::1'],
    ...['2002:0808:0808::1', '2001:0:4136:e378:8000:63bf:f7f7:f7f7'],
  ]) {
    t.true(judge6(address), address);
  }
});

test('E7: the network’s prefixes and the host’s addresses are asked for anew each time', (t) => {
  const address = parseIpv6('2001:db8::5');
  if (address === undefined) return t.fail();
  let isOurs = false;
  const host = fakeHost({ isOwn: () => isOurs });
  t.true(isUsableAaaa(address, host));
  isOurs = true;
  return t.false(isUsableAaaa(address, host));
});

const areUsable = (texts: string[], isLocalhost = false): boolean =>
  areUsableA(texts.map(spoolAddress), fakeMappings(), isLocalhost);

test('E3: A addresses that lead nowhere count as none, inside our own spool too', (t) => {
  for (const text of [
    ...['0.0.0.1', '0.255.255.255', '127.0.0.1', '127.255.0.2', '169.254.1.1', '224.0.0.1', '239.1.1.1', '240.0.0.1'],
    ...['255.255.255.255', '10.170.160.1', '10.170.175.255'],
  ]) {
    t.false(areUsable([text]), text);
  }
  for (const text of [
    '1.0.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '10.0.0.1',
    '10.170.176.0',
    '192.168.1.1',
    '223.255.255.255',
  ]) {
    t.true(areUsable([text]), text);
  }
});

test('E3: localhost may loop back, and nothing but 0.0.0.0 is a blocker’s answer', (t) => {
  t.true(areUsable(['127.0.0.1'], true));
  t.true(areUsable(['0.0.0.0']));
  t.true(areUsable(['0.0.0.0', '0.0.0.0']));
  t.false(areUsable(['0.0.0.0', '127.0.0.1']));
  t.false(areUsable([]));
});
