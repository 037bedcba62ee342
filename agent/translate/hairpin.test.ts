import test from 'ava';
import { withConfig } from './fixture/packet-lines.ts';

/**
 * The network of RFC 7757 Appendix B, with addresses of ours: two IPv6 hosts with explicit mappings behind one
 * translator, which know each other by their IPv4 addresses only.
 *
 *     2001:db8:a::1 = 198.51.100.1 ──┐
 *                                    ├── translator, 2001:db8:64::/96
 *     2001:db8:b::1 = 198.51.100.2 ──┘
 */
const config = {
  prefix: '2001:db8:64::/96',
  explicit: [
    ['2001:db8:a::1', '198.51.100.1'],
    ['2001:db8:b::1', '198.51.100.2'],
  ],
  errorSource4: '192.0.2.99',
  ownIpv6: '2001:db8:64::c000:2fe',
};
const translated = withConfig(config);

test('RFC 7757 7757-B1: a packet turns round, one hop further (figure 8)', (t) => {
  t.is(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 hlim=64 | UDP 40000 > 53 | "hello"'),
    'IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=63 | UDP 40000 > 53 | "hello"',
  );
  t.is(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 hlim=2 | TCP 1 > 2 SYN'),
    'IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=1 | TCP 1 > 2 SYN',
  );
  t.is(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 | ICMPv6 echo id=1 seq=2 | "ping"'),
    'IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=63 | ICMPv6 echo id=1 seq=2 | "ping"',
  );
});

test('RFC 7757 7757-B1: an error from a router on the way comes back to the sender (figure 9)', (t) => {
  t.is(
    translated(
      'IPv6 2001:db8:c::9 > 2001:db8:64::c633:6401 hlim=64 | ICMPv6 time-exceeded | IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=1 | UDP 40000 > 53 | "hello"',
    ),
    'IPv6 2001:db8:64::c000:263 > 2001:db8:a::1 hlim=63 | ICMPv6 time-exceeded | IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 hlim=1 | UDP 40000 > 53 | "hello"',
  );
});

test('RFC 7757 7757-B1: an error from the peer comes from the address that the sender knows (figure 10)', (t) => {
  t.is(
    translated(
      'IPv6 2001:db8:b::1 > 2001:db8:64::c633:6401 hlim=64 | ICMPv6 unreachable/4 | IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=63 | UDP 40000 > 53 | "hello"',
    ),
    'IPv6 2001:db8:64::c633:6402 > 2001:db8:a::1 hlim=63 | ICMPv6 unreachable/4 | IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 hlim=63 | UDP 40000 > 53 | "hello"',
  );
});

test('RFC 7757 7757-B1: the answer goes the same way (figure 11)', (t) => {
  t.is(
    translated('IPv6 2001:db8:b::1 > 2001:db8:64::c633:6401 hlim=64 | UDP 53 > 40000 | "world"'),
    'IPv6 2001:db8:64::c633:6402 > 2001:db8:a::1 hlim=63 | UDP 53 > 40000 | "world"',
  );
});

test('RFC 7757 7757-B1: fragments turn round, each for itself', (t) => {
  t.is(
    translated(
      'IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 | fragment id=7 mf | UDP 1 > 2 length=1008 sum=0x1234 | [992]',
    ),
    'IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=63 | fragment id=7 mf | UDP 1 > 2 length=1008 sum=0x1234 | [992]',
  );
  t.is(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 | fragment id=7 offset=1000 | protocol 17 | 0x0102'),
    'IPv6 2001:db8:64::c633:6401 > 2001:db8:b::1 hlim=63 | fragment id=7 offset=1000 | protocol 17 | 0x0102',
  );
});

test('RFC 7757 7757-B1: what is not between two explicit mappings does not turn round', (t) => {
  t.is(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::cb00:7109 | UDP 1 > 2'),
    'IPv4 198.51.100.1 > 203.0.113.9 ttl=63 id=1 | UDP 1 > 2',
  );
  t.is(
    translated('IPv6 2001:db8:64::cb00:7109 > 2001:db8:b::1 | UDP 1 > 2'),
    'IPv4 203.0.113.9 > 198.51.100.2 ttl=63 id=1 | UDP 1 > 2',
    'the peer by its own address: IPv6 routes that',
  );
  t.is(
    translated('IPv4 203.0.113.9 > 198.51.100.2 | UDP 1 > 2'),
    'IPv6 2001:db8:64::cb00:7109 > 2001:db8:b::1 hlim=63 | UDP 1 > 2',
  );
});

test('RFC 7757 7757-B1: a host that sends to itself is not sent round for ever', (t) => {
  t.is(translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6401 | UDP 1 > 2'), 'dropped-loop');
});

test('RFC 7757 7757-B1: a packet that does not fit the way back is refused in its own family', (t) => {
  const narrow = withConfig({ ...config, mtu6: 1300 });
  t.regex(
    narrow('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 | TCP 1 > 2 ACK | [1280]'),
    /^refused-packet-too-big: IPv6 2001:db8:64::c000:2fe > 2001:db8:a::1 hlim=64 \| ICMPv6 packet-too-big mtu=1300 \| IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 /,
  );
  t.regex(
    narrow('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 | TCP 1 > 2 ACK | [1240]'),
    /^IPv6 2001:db8:64::c633:6401/,
  );
});

test('RFC 7757 7757-B1: one hop is left, or none', (t) => {
  t.regex(
    translated('IPv6 2001:db8:a::1 > 2001:db8:64::c633:6402 hlim=1 | UDP 1 > 2'),
    /^refused-time-exceeded: IPv6 2001:db8:64::c000:2fe > 2001:db8:a::1 hlim=64 \| ICMPv6 time-exceeded \| IPv6 /,
  );
});
