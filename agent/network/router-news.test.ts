/** What is learnt of the kernel's messages, as captured on Linux 6.18, and of what is cut short. */
import test from 'ava';
import { formatIpv6Prefix } from '../../mapper/address/prefix.ts';
import { RouterNews } from './router-news.ts';

const [NEW_NEIGHBOUR, ND_OPTIONS] = [28, 68];
const ROUTER = 'fe80::840d:27ff:fe8a:2306';
const router = 'fe80000000000000840d27fffe8a2306';

/** Behind the header of a message: a Router Advertisement with a prefix that is valid for so many seconds. */
const announced = (seconds = 600, prefix = '20010db8000100000000000000000000'): string =>
  `0a002000020000008600000000000000030440c0${seconds.toString(16).padStart(8, '0')}0000012c00000000${prefix}14000100${router}`;

/** The router as a neighbour in a state: 0x20 failed, 0x01 being looked for, 0x02 reachable. */
const neighbour = (state: number, address = router): string =>
  `0a00000002000000${state.toString(16).padStart(2, '0')}00800114000100${address}`;

const view = (hex: string): DataView => new DataView(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);

/** News of nobody but ourselves. */
function listening(t: { teardown(end: () => void): void }): RouterNews {
  const news = new RouterNews();
  t.teardown(() => news.close());
  return news;
}

test('S7: who announced which prefix is remembered, and is news once', (t) => {
  const news = listening(t);
  t.true(news.take(ND_OPTIONS, view(announced())));
  t.false(news.take(ND_OPTIONS, view(announced(300))), 'again');
  const told = news.advertised.map(({ index, router: who, prefix }) => `${index} ${who} ${formatIpv6Prefix(prefix)}`);
  t.deepEqual(told, [`2 ${ROUTER} 2001:db8:1::/64`]);
  t.true(news.take(ND_OPTIONS, view(announced(0))), 'taken back');
  t.deepEqual(news.advertised, []);
});

/** The prefix of a NAT64 for so many seconds, with the code of its length, as it stands in an option. */
const nat64 = (seconds: number, code: number, prefix = '20010db80064000000000000'): string =>
  `2602${(((seconds / 8) << 3) | code).toString(16).padStart(4, '0')}${prefix}`;

/** A Router Advertisement with these options alone. */
const options = (...all: readonly string[]): string => {
  const length = Buffer.from(Uint16Array.of(all.join('').length / 2).buffer).toString('hex');
  return `0a00${length}020000008600000000000000${all.join('')}14000100${router}`;
};

test('the prefix of a NAT64 is known as long as it was announced for, in each of its lengths', (t) => {
  let now = 0;
  const news = new RouterNews(() => now);
  t.teardown(() => news.close());
  const known = (): string => news.pref64.map(formatIpv6Prefix).join(' ');
  t.false(news.take(ND_OPTIONS, view(options(nat64(64, 0)))), 'no network has changed');
  t.is(known(), '2001:db8:64::/96');
  now = 63_999;
  t.is(known(), '2001:db8:64::/96');
  news.take(ND_OPTIONS, view(options(nat64(64, 0))));
  now = 64_000;
  t.is(known(), '2001:db8:64::/96', 'announced again');
  news.take(ND_OPTIONS, view(options(nat64(0, 0))));
  t.is(known(), '', 'taken back');
  news.take(ND_OPTIONS, view(options(nat64(64, 0))));
  now = 128_000;
  t.is(known(), '', 'and over');
  const lengths = [0, 1, 2, 3, 4, 5, 6, 7].map((code) => nat64(8, code));
  news.take(ND_OPTIONS, view(options(...lengths)));
  t.deepEqual(
    news.pref64.map(({ length }) => length),
    [96, 64, 56, 48, 40, 32],
  );
});

test('the prefix of a NAT64 that is cut short is none, and of many the last are known', (t) => {
  const news = listening(t);
  const whole = options(nat64(64, 0));
  for (let octets = 0; octets < whole.length / 2; octets++) news.take(ND_OPTIONS, view(whole.slice(0, 2 * octets)));
  t.deepEqual(news.pref64, []);
  for (let number = 0; number < 100; number++)
    news.take(ND_OPTIONS, view(options(nat64(64, 0, `20010db8${number.toString(16).padStart(4, '0')}000000000000`))));
  t.is(news.pref64.length, 16);
});

test('S7: a router is silent from when it was looked for in vain until it is heard; that of others is no news', (t) => {
  const news = listening(t);
  t.false(news.take(NEW_NEIGHBOUR, view(neighbour(0x20))), 'nobody asked');
  t.true(news.isSilent(2, ROUTER));
  t.false(news.isSilent(3, ROUTER));
  news.watch([{ index: 2, router: ROUTER }]);
  t.false(news.take(NEW_NEIGHBOUR, view(neighbour(0x01))), 'being looked for again');
  t.true(news.isSilent(2, ROUTER));
  t.true(news.take(NEW_NEIGHBOUR, view(neighbour(0x02))));
  t.false(news.isSilent(2, ROUTER));
  t.true(news.take(NEW_NEIGHBOUR, view(neighbour(0x20))));
});

test('what is cut short says nothing, and much is forgotten', (t) => {
  const news = listening(t);
  for (const [type, whole] of [
    [ND_OPTIONS, announced()],
    [NEW_NEIGHBOUR, neighbour(0x20)],
  ] as const) {
    for (let octets = 0; octets < whole.length / 2; octets++) {
      news.take(type, view(whole.slice(0, 2 * octets)));
      t.deepEqual(news.advertised, [], `${octets} octets`);
    }
  }
  t.false(news.isSilent(2, ROUTER));
  for (let number = 0; number < 1000; number++) {
    news.take(ND_OPTIONS, view(announced(600, `20010db8${number.toString(16).padStart(8, '0')}0000000000000000`)));
  }
  t.is(news.advertised.length, 512);
});

test('however many neighbours are silent, it is known of the routers', (t) => {
  const news = listening(t);
  news.watch([{ index: 2, router: ROUTER }]);
  t.true(news.take(NEW_NEIGHBOUR, view(neighbour(0x20))));
  for (let number = 0; number < 5000; number++) {
    const other = `fe80${number.toString(16).padStart(28, '0')}`;
    t.false(news.take(NEW_NEIGHBOUR, view(neighbour(0x20, other))));
  }
  t.true(news.isSilent(2, ROUTER));
  t.false(news.isSilent(2, 'fe80::1'), 'the first of them is forgotten');
});
