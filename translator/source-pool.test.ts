/** Pools that translated ICMP errors from nowhere get their source from (RFC 6791). */
import test from 'ava';
import { formatIpv4, ipv4, parseIpv4 } from '../mapper/address/ipv4.ts';
import { formatIpv6, Ipv6Words, ipv6, parseIpv6 } from '../mapper/address/ipv6.ts';
import { ipv4Prefix, ipv4PrefixContains, ipv6Prefix, ipv6PrefixContains } from '../mapper/address/prefix.ts';
import { NO_ADDRESS } from '../mapper/address-map.ts';
import { choose4, choose6, type SourcePool4, type SourcePool6 } from './source-pool.ts';

const pool4 = (...texts: string[]): SourcePool4 =>
  texts.map((text) => {
    const [address = '', length = 32] = text.split('/');
    return ipv4Prefix(parseIpv4(address) ?? ipv4(0), Number(length));
  });
const pool6 = (...texts: string[]): SourcePool6 =>
  texts.map((text) => {
    const [address = '', length = 128] = text.split('/');
    return ipv6Prefix(parseIpv6(address) ?? ipv6(0, 0, 0, 0), Number(length));
  });

/** Routers as they are found in the field: neighbouring prefixes, one interface each. */
const routers = Array.from({ length: 4096 }, (_, index) => ipv6(0x20010db8, index >>> 4, 0, (index & 15) + 1));

function chosen6(pool: SourcePool6, router: number): string | undefined {
  const out = new Ipv6Words();
  return choose6(pool, ipv4(router), out) ? formatIpv6(out) : undefined;
}

test('RFC 6791 6791: one address is everybody, no address is nobody', (t) => {
  for (const router of routers) {
    t.is(choose4(pool4('192.0.2.99'), router), ipv4(0xc0000263));
    t.is(choose4([], router), NO_ADDRESS);
  }
});

test('RFC 6791 6791: a router has one address of the pool, and the pool is used evenly', (t) => {
  const pool = pool4('192.0.2.0/28', '198.51.100.7', '255.255.255.254/31', '203.0.113.0/29');
  const counts = new Map<string, number>();
  for (const router of routers) {
    const address = choose4(pool, router);
    t.is(choose4(pool, { ...router }), address);
    const text = formatIpv4(address as never);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  t.is(counts.size, 16 + 1 + 2 + 8);
  for (const text of counts.keys()) {
    t.true(
      pool.some((prefix) => ipv4PrefixContains(prefix, parseIpv4(text) as never)),
      text,
    );
  }
  const even = routers.length / counts.size;
  for (const [text, count] of counts) t.true(count > even * 0.7 && count < even * 1.3, `${text}: ${count} of ${even}`);
});

test('RFC 6791 6791: two routers meet no more often than they would at random', (t) => {
  const used = new Set(routers.map((router) => choose4(pool4('10.0.0.0/8'), router)));
  // At random 4096 of 16,777,216 meet half a time.
  t.true(used.size > routers.length - 8, String(used.size));
  t.is(new Set(routers.map((router) => choose4(pool4('0.0.0.0/0'), router))).size, routers.length);
});

test('RFC 6791 6791-46: where there is room the end is the router; otherwise one is chosen', (t) => {
  t.is(chosen6(pool6('2001:db8::99'), 0xc0000201), '2001:db8::99');
  t.is(chosen6([], 0xc0000201), undefined);
  for (const length of [32, 64, 96]) t.is(chosen6(pool6(`2001:db8::/${length}`), 0xc0000201), '2001:db8::c000:201');
  t.is(chosen6(pool6('2001:db8::/96'), 0xffffffff), '2001:db8::ffff:ffff');
  const pool = pool6('2001:db8::/120', '2001:db8:1::1');
  const used = new Set<string>();
  for (let router = 0; router < 10_000; router++) {
    const text = chosen6(pool, router * 257) ?? '';
    t.is(chosen6(pool, router * 257), text);
    t.true(
      pool.some((prefix) => ipv6PrefixContains(prefix, parseIpv6(text) ?? ipv6(0, 0, 0, 0))),
      text,
    );
    used.add(text);
  }
  t.is(used.size, 257);
  const wide = pool6('2001:db8::/64', '2001:db8:1::/64');
  t.deepEqual(
    new Set(Array.from({ length: 100 }, (_, router) => chosen6(wide, router * 65_537)?.startsWith('2001:db8:1:'))),
    new Set([true, false]),
  );
});
