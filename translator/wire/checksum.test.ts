import test from 'ava';
import fc from 'fast-check';
import { ipv6, ipv6ToOctets } from '../../mapper/address/ipv6.ts';
import { referenceChecksum, referenceSum } from '../../test/reference/checksum.ts';
import { difference, fold, sumIpv6, sumOctets, update } from './checksum.ts';

const octets = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 80, size: 'max' });
const evenOctets = fc
  .array(fc.tuple(fc.nat(255), fc.nat(255)), { maxLength: 20, size: 'max' })
  .map((pairs) => pairs.flat());

function sumOf(values: readonly number[]): number {
  return sumOctets(new DataView(Uint8Array.from(values).buffer), 0, values.length);
}

test('the sum of octets is the reference sum, odd lengths and offsets included', (t) => {
  fc.assert(
    fc.property(octets, octets, (before, values) => {
      const view = new DataView(Uint8Array.from([...before, ...values, 0xff]).buffer);
      t.is(fold(sumOctets(view, before.length, before.length + values.length)), referenceSum(values));
    }),
  );
});

test('the longest packet sums without overflow', (t) => {
  const view = new DataView(new Uint8Array(65_535).fill(0xff).buffer);
  t.is(fold(sumOctets(view, 0, 65_535)), referenceSum(new Array<number>(65_535).fill(0xff)));
});

test('the sum of an address is that of its octets', (t) => {
  const word = fc.integer();
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      const address = ipv6(a, b, c, d);
      t.is(fold(sumIpv6(address)), referenceSum([...ipv6ToOctets(address)]));
    }),
  );
});

test('RFC 1624: updating a checksum is the same as computing it anew', (t) => {
  fc.assert(
    fc.property(evenOctets, evenOctets, octets, (before, after, rest) => {
      const old = referenceChecksum([...before, ...rest]);
      const updated = update(old, difference(sumOf(after), sumOf(before)));
      t.is(updated % 0xffff, referenceChecksum([...after, ...rest]) % 0xffff);
    }),
  );
});

test('RFC 1624 4.5-INCR: a wrong checksum stays wrong by the same amount', (t) => {
  fc.assert(
    fc.property(evenOctets, evenOctets, fc.integer({ min: 1, max: 0xfffe }), (before, after, error) => {
      const old = fold(referenceChecksum(before) + error);
      const updated = update(old, difference(sumOf(after), sumOf(before)));
      t.is(difference(updated, referenceChecksum(after)) % 0xffff, error);
    }),
  );
});

test('RFC 7915 4.5-TCP: a change that is none keeps the field, both zeros included', (t) => {
  for (const field of [0, 0xffff, 1, 0x1234]) {
    t.is(update(field, difference(0x12345, 0x12345)), field);
    t.is(update(field, 0xffff), field);
  }
});
