import test from 'ava';
import { PacketBuffer } from '../../translator/packet-buffer.ts';
import { parseIntoPacketBuffer } from '../../translator/packet-text.ts';
import { withConfig } from './fixture/packet-lines.ts';
import { PacketTranslator } from './packet-translator.ts';
import { readSettings } from './settings.ts';

const prefix = '2001:db8:64::/96';

test('RFC 6052 6052-2.2, M18: packets through every layout, there and back', (t) => {
  const prefixes = [
    '2001:db8::/32',
    '2001:db8:100::/40',
    '2001:db8:122::/48',
    '2001:db8:122:300::/56',
    '2001:db8:a:b::/64',
  ];
  for (const text of [...prefixes, prefix]) {
    const translated = withConfig({ prefix: text });
    const line = 'IPv4 192.0.2.33 > 203.0.113.200 ttl=64 df | TCP 1 > 2 SYN | [1300]';
    t.is(translated(translated(line).replace('hlim=63', 'hlim=65')), line, text);
  }
});

test('RFC 6052 6052-5.1: what is embedded and never translated is dropped in silence', (t) => {
  const translated = withConfig({
    prefix,
    ownIpv4: '192.0.2.254',
    ownIpv6: '2001:db8::fe',
    errorSource4: '192.0.2.253',
  });
  for (const never of ['7f00:1', '0:0', '0:1', 'e000:1', 'efff:ffff', 'ffff:ffff', 'f000:1', 'a9fe:101']) {
    const address = `2001:db8:64::${never}`;
    t.is(translated(`IPv6 2001:db8:64::c000:201 > ${address} | UDP 1 > 2`), 'dropped-illegal-address', never);
    t.is(translated(`IPv6 ${address} > 2001:db8:64::c000:201 | UDP 1 > 2`), 'dropped-illegal-address', never);
  }
  t.is(translated('IPv4 192.0.2.1 > 224.0.0.1 | UDP 1 > 2'), 'dropped-multicast');
  t.is(translated('IPv4 127.0.0.1 > 192.0.2.1 | UDP 1 > 2'), 'dropped-illegal-address');
});

test('RFC 6052 6052-3.1: nothing goes to or from the well-known prefix with an address that is not global', (t) => {
  const translated = withConfig({ prefix: '64:ff9b::/96', explicit: [['2001:db8::1', '198.51.100.1']] });
  t.is(
    translated('IPv6 2001:db8::1 > 64:ff9b::808:808 | UDP 1 > 2'),
    'IPv4 198.51.100.1 > 8.8.8.8 ttl=63 id=1 | UDP 1 > 2',
  );
  t.is(translated('IPv6 2001:db8::1 > 64:ff9b::a00:1 | UDP 1 > 2'), 'refused-no-mapping');
  t.is(translated('IPv6 64:ff9b::c0a8:101 > 2001:db8::1 | UDP 1 > 2'), 'refused-no-mapping');
  t.is(translated('IPv4 10.0.0.1 > 198.51.100.1 | UDP 1 > 2'), 'refused-prohibited');
  t.is(translated('IPv4 198.51.100.1 > 172.16.0.1 | UDP 1 > 2'), 'refused-no-mapping');
});

test('RFC 7757 7757-FB, 7757-3.2, M17: explicit mappings first, for whole packets and for quotes', (t) => {
  const translated = withConfig({ prefix, explicit: [['2001:db8:a::/64', '198.51.100.0/24']] });
  t.is(
    translated('IPv4 203.0.113.1 > 198.51.100.5 | UDP 1 > 2'),
    'IPv6 2001:db8:64::cb00:7101 > 2001:db8:a:0:500:: hlim=63 | UDP 1 > 2',
  );
  t.is(
    translated('IPv4 192.0.2.7 > 198.51.100.5 | ICMPv4 unreachable/1 | IPv4 198.51.100.5 > 203.0.113.1 | UDP 1 > 2'),
    'IPv6 2001:db8:64::c000:207 > 2001:db8:a:0:500:: hlim=63 | ICMPv6 unreachable | IPv6 2001:db8:a:0:500:: > 2001:db8:64::cb00:7101 hlim=64 | UDP 1 > 2',
  );
});

const error6 =
  'IPv6 2001:db8:c::9 > 2001:db8:64::c000:201 | ICMPv6 time-exceeded | IPv6 2001:db8:64::c000:201 > 2001:db8:a::1 hlim=1 | UDP 1 > 2';
const error4 =
  'IPv4 192.0.2.77 > 198.51.100.1 | ICMPv4 time-exceeded | IPv4 198.51.100.1 > 198.51.100.2 ttl=1 | UDP 1 > 2';

test('RFC 6791 6791: an ICMPv6 error from an address without mapping comes from errorSource4', (t) => {
  const explicit = [['2001:db8:a::1', '198.51.100.1']];
  t.is(
    withConfig({ prefix, explicit, errorSource4: '192.0.2.99' })(error6),
    'IPv4 192.0.2.99 > 192.0.2.1 ttl=63 id=1 | ICMPv4 time-exceeded | IPv4 192.0.2.1 > 198.51.100.1 ttl=1 | UDP 1 > 2',
  );
  t.is(withConfig({ prefix, explicit, ownIpv4: '192.0.2.98' })(error6), 'dropped-no-mapping');
  t.is(
    withConfig({ prefix, explicit, errorSource4: '192.0.2.99' })(
      'IPv6 2001:db8:c::9 > 2001:db8:64::c000:201 | UDP 1 > 2',
    ),
    'refused-no-mapping',
    'errors only',
  );
});

test('RFC 6791 6791: with a pool, each router has one of its addresses, and the quote is the same', (t) => {
  const explicit = [['2001:db8:a::1', '198.51.100.1']];
  const errorSource4 = ['192.0.2.96/29', '192.0.2.128/28'];
  const seen = new Set<string>();
  for (let router = 1; router < 200; router++) {
    const line = error6.replace('2001:db8:c::9', `2001:db8:c::${router.toString(16)}`);
    const answer = withConfig({ prefix, explicit, errorSource4 })(line);
    const [, source = '', rest] = /^IPv4 (\S+)(.*)$/.exec(answer) ?? [];
    t.is(withConfig({ prefix, explicit, errorSource4: source })(line), `IPv4 ${source}${rest}`);
    seen.add(source);
  }
  t.is(seen.size, 24);
});

test('RFC 6791 6791-46: the reverse, with explicit mappings only: errorSource6, or our own address, or none', (t) => {
  const explicit = [
    ['2001:db8:a::1', '198.51.100.1'],
    ['2001:db8:b::1', '198.51.100.2'],
  ];
  const expected = (source: string): string =>
    `IPv6 ${source} > 2001:db8:a::1 hlim=63 | ICMPv6 time-exceeded | IPv6 2001:db8:a::1 > 2001:db8:b::1 hlim=1 | UDP 1 > 2`;
  t.is(
    withConfig({ explicit, errorSource6: '2001:db8::99', ownIpv6: '2001:db8::98' })(error4),
    expected('2001:db8::99'),
  );
  t.is(withConfig({ explicit, ownIpv6: '2001:db8::98' })(error4), expected('2001:db8::98'));
  t.is(withConfig({ explicit })(error4), 'dropped-no-mapping');
});

test('errors of our own go back to where the packet came from, if we have an address', (t) => {
  const line4 = 'IPv4 192.0.2.1 > 203.0.113.1 ttl=1 | UDP 1 > 2';
  const line6 = 'IPv6 2001:db8:64::c000:201 > 2001:db8:64::cb00:7101 hlim=1 | UDP 1 > 2';
  const translated = withConfig({ prefix, ownIpv4: '192.0.2.254', ownIpv6: '2001:db8::fe' });
  t.is(
    translated(line4),
    `refused-time-exceeded: IPv4 192.0.2.254 > 192.0.2.1 ttl=64 tos=192 df | ICMPv4 time-exceeded | ${line4}`,
  );
  t.is(
    translated(line6),
    `refused-time-exceeded: IPv6 2001:db8::fe > 2001:db8:64::c000:201 hlim=64 | ICMPv6 time-exceeded | ${line6}`,
  );
  for (const line of [line4, line6]) t.is(withConfig({ prefix })(line), 'refused-time-exceeded');
  for (let count = 0; count < 1000; count++) t.regex(translated(line4), /ICMPv4 time-exceeded/, 'at any rate');
});

test('every key does what it says', (t) => {
  const udp4 = 'IPv4 192.0.2.1 > 203.0.113.1 ttl=64 df | UDP 1 > 2 | [1400]';
  const zero4 = 'IPv4 192.0.2.1 > 203.0.113.1 ttl=64 | UDP 1 > 2 no-sum | "a"';
  const zero6 = 'IPv6 2001:db8:64::c000:201 > 2001:db8:64::cb00:7101 | UDP 1 > 2 no-sum | "a"';
  const own = { ownIpv4: '192.0.2.254', ownIpv6: '2001:db8::fe' };
  t.regex(withConfig({ prefix, ...own, mtu6: 1400 })(udp4), /^refused-packet-too-big: .* unreachable\/4 mtu=1380 /);
  t.is(withConfig({ prefix })(udp4.replace(' df', '')).split('\n').length, 2);
  t.is(withConfig({ prefix, lowestIpv6Mtu: 1500 })(udp4.replace(' df', '')).split('\n').length, 1);
  t.regex(withConfig({ prefix, hideHop: true })(udp4), / hlim=64 /);
  t.is(withConfig({ prefix, zeroUdpChecksum: 'drop' })(zero4), 'refused-zero-udp-checksum');
  t.notRegex(withConfig({ prefix, zeroUdpChecksum: 'compute' })(zero4), /no-sum|bad/);
  t.regex(withConfig({ prefix })(zero6), /no-sum/);
  t.is(withConfig({ prefix, zeroUdpChecksum6: 'drop' })(zero6), 'refused-zero-udp-checksum');
  t.notRegex(withConfig({ prefix, zeroUdpChecksum6: 'compute' })(zero6), /no-sum|bad/);
  const toNobody = 'IPv6 2001:db8:64::c000:201 > 2001:db8:c::1 | UDP 1 > 2';
  t.regex(withConfig({ prefix, ...own })(toNobody), /^refused-no-mapping: /);
  t.is(withConfig({ prefix, ...own, icmpErrors: false })(toNobody), 'dropped-no-mapping');
  const long6 = 'IPv6 2001:db8:64::c000:201 > 2001:db8:64::cb00:7101 | TCP 1 > 2 ACK | [1400]';
  t.regex(withConfig({ prefix, ...own, mtu4: 1300 })(long6), /^refused-packet-too-big: .* packet-too-big mtu=1320 /);
});

test('RFC 7915 4.1-TTLX 5.1-HLX: what no error may be sent about is dropped, with or without an address of our own', (t) => {
  const quote4 = 'IPv4 203.0.113.1 > 192.0.2.1 ttl=9 | UDP 2 > 1';
  const quote6 = 'IPv6 2001:db8:64::cb00:7101 > 2001:db8:64::c000:201 hlim=9 | UDP 2 > 1';
  const rows: [string, string][] = [
    ['IPv4 192.0.2.1 > 203.0.113.1 ttl=1 | UDP 1 > 2', 'refused'],
    [`IPv4 192.0.2.1 > 203.0.113.1 ttl=1 | ICMPv4 unreachable/3 | ${quote4}`, 'dropped'],
    ['IPv4 192.0.2.1 > 203.0.113.1 ttl=1 offset=80 | protocol 17 | [8]', 'dropped'],
    ['IPv6 2001:db8:64::c000:201 > 2001:db8:64::cb00:7101 hlim=1 | UDP 1 > 2', 'refused'],
    [`IPv6 2001:db8:64::c000:201 > 2001:db8:64::cb00:7101 hlim=1 | ICMPv6 unreachable/4 | ${quote6}`, 'dropped'],
  ];
  const packet = new PacketBuffer();
  for (const own of [{}, { ownIpv4: '192.0.2.254', ownIpv6: '2001:db8::fe' }]) {
    const translator = new PacketTranslator(readSettings({ prefix, ...own }));
    for (const [line, expected] of rows) {
      parseIntoPacketBuffer(line, packet);
      const { verdict, reason, out } = translator.translate(packet);
      t.deepEqual([verdict, reason], [expected as typeof verdict, 'refused-time-exceeded'], line);
      t.is(out.length, expected === 'refused' && 'ownIpv4' in own ? 1 : 0, line);
    }
  }
});
