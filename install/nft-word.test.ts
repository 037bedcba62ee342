import test from 'ava';
import fc from 'fast-check';
import { checkedInterfaceName } from './interface-name.ts';
import {
  addressWord,
  familyOf,
  interfaceName,
  listenAddress,
  markWord,
  numberWord,
  portWord,
  prefixWord,
  tableName,
} from './nft-word.ts';

/** Text somebody may try in place of a word. */
const hostile = [
  '',
  ' ',
  'a;b',
  '$(x)',
  '`x`',
  'a b',
  'a"b',
  "a'b",
  'a\nb',
  'a\0b',
  'a}b',
  '*',
  'eth*',
  '@forced',
  'a#b',
  '\\',
  'é',
];

test('S9: nothing but one plain word becomes an interface or a table name', (t) => {
  for (const text of [...hostile, '.', '..', '-n', 'a/b', 'sixteen-letters-']) {
    t.throws(() => interfaceName(text), { message: /^Cannot use ".*" as an interface name$/ }, text);
    t.throws(() => checkedInterfaceName(text), undefined, text);
    t.throws(() => tableName(text), { message: /^Cannot use .* as a table name/ }, text);
  }
  for (const name of ['lo', 'eth0', 'enp0s31f6', 'br-1a2b3c4d5e6f', 'eth0.100', 'wlp2s0', 'tap_x', '6to4']) {
    t.is<string, string>(interfaceName(name), `"${name}"`);
  }
  t.is<string, string>(tableName('bis_2'), 'bis_2');
});

test('S9: nothing but an address becomes an address', (t) => {
  const notAddresses = ['fe80::1%eth0', '::1%a;b', '010.8.8.8', '1.2.3', '1.2.3.4/32', '::/0', 'localhost', '1.2.3.4 '];
  for (const text of [...hostile, ...notAddresses]) {
    t.throws(() => addressWord(text), { message: /^Cannot use .* as an address in an nft command$/ }, text);
    t.throws(() => familyOf(text), undefined, text);
    t.throws(() => listenAddress(text), undefined, text);
  }
  for (const text of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::0']) t.throws(() => listenAddress(text), undefined, text);
  t.is<string, string>(familyOf('192.0.2.1'), 'ip');
  t.is<string, string>(familyOf('2001:db8::1'), 'ip6');
  t.is<string, string>(listenAddress('::1'), '::1');
  t.is<string, string>(listenAddress('fe80::a'), 'fe80::a');
});

test('S9: nothing but a prefix of its family becomes a prefix', (t) => {
  for (const text of [
    ...hostile,
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/0x8',
    '::/0',
    'fe80::%x/10',
  ]) {
    t.throws(() => prefixWord('ip', text), undefined, text);
  }
  for (const text of [...hostile, '::/129', '10.0.0.0/8', 'fe80::%x/10'])
    t.throws(() => prefixWord('ip6', text), undefined, text);
  t.is<string, string>(prefixWord('ip', '10.170.160.0/20'), '10.170.160.0/20');
  t.is<string, string>(prefixWord('ip6', 'fd00::/96'), 'fd00::/96');
});

test('S9: numbers are whole and within their range', (t) => {
  for (const value of [0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => portWord(value), undefined, String(value));
  for (const value of [-1, 2 ** 32, 0.5, Number.NaN]) t.throws(() => markWord(value), undefined, String(value));
  t.throws(() => portWord('53; flush ruleset' as unknown as number));
  t.is<string, string>(portWord(53), '53');
  t.is<string, string>(markWord(0xb15), '0xb15');
  t.is<string, string>(numberWord(3, 1, 3, 'a number'), '3');
});

test('S9: whatever is taken as a word holds no character that ends one', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20, size: 'max' }), (text) => {
      for (const word of [interfaceName, tableName, addressWord, (value: string) => prefixWord('ip6', value)]) {
        try {
          if (!/^"?[A-Za-z0-9_.:/-]*"?$/.test(word(text))) return false;
        } catch {
          // Refused.
        }
      }
      return true;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
