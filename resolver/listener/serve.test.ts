import test from 'ava';
import { loopbackOnly, serves } from './serve.ts';

test('D5: without being told otherwise only loopback is served', (t) => {
  const isServed = serves();
  for (const source of ['127.0.0.1', '127.255.0.9', '::1']) t.true(isServed(source), source);
  for (const source of ['192.0.2.1', '128.0.0.1', 'fe80::1%eth0', '::2', '2001:db8::1', '', 'localhost']) {
    t.false(isServed(source), source);
  }
  t.is(loopbackOnly.length, 2);
});

test('D5: sources inside the given prefixes are served, link-local ones whatever their zone', (t) => {
  const isServed = serves(['172.17.0.0/16', 'fe80::/10', '2001:db8::/32']);
  for (const source of ['172.17.9.1', 'fe80::1%eth0', 'fe80::1', '2001:db8:1::1']) t.true(isServed(source), source);
  for (const source of ['172.18.0.1', '127.0.0.1', '2001:db9::1']) t.false(isServed(source), source);
});

test('D5: what is no prefix is refused at start', (t) => {
  for (const text of ['', '10.0.0.1/8', '::1', 'all'])
    t.throws(() => serves([text]), { message: /Cannot read the prefix/ });
});
