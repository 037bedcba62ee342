import test from 'ava';
import fc from 'fast-check';
import { EmbeddingMap } from './address-maps.ts';
import { bump } from './bump.ts';
import { referenceChecksum } from './checksum.ts';
import { referenceError4to6, referenceError6to4 } from './icmp-errors.ts';
import { type Octets, REFERENCE_PREFIX, two } from './translation.ts';

const maps = new EmbeddingMap(0x20010db8, 0x00640000, 0);
const octet = fc.nat(255);
const addresses = fc.tuple(fc.integer({ min: 1, max: 126 }), octet, octet, octet, fc.constant(10), octet, octet, octet);
const body = fc.oneof(
  fc.array(octet, { minLength: 20, maxLength: 20, size: 'max' }),
  fc.constant(new Array<number>(20).fill(0)),
);
const size = fc.oneof(fc.nat(60), fc.integer({ min: 480, max: 620 }), fc.integer({ min: 1150, max: 1300 }));
const quoted = {
  addresses,
  protocol: fc.constantFrom(1, 6, 17, 47),
  fragment: fc.option(fc.tuple(fc.constantFrom(0, 0, 1, 60), fc.boolean(), octet, octet), { nil: undefined }),
  length: fc.integer({ min: 20, max: 9000 }),
  hops: octet,
  body,
  size,
};
type Quoted = { [Key in keyof typeof quoted]: (typeof quoted)[Key] extends fc.Arbitrary<infer Value> ? Value : never };

/** Length attribute and extensions, if there are any: the quote is padded to the units. */
const extensionSize = fc.oneof(size, fc.integer({ min: 400, max: 424 }), fc.integer({ min: 1084, max: 1108 }));
const extension = fc.option(fc.tuple(fc.integer({ min: 16, max: 70 }), extensionSize), { nil: undefined });

const filler = (length: number): number[] => Array.from({ length }, (_, index) => index & 255);

/** Octets of transport: an echo is one, the rest is as random as it came. */
function transport({ protocol, body, size }: Quoted, echo: number): number[] {
  return [...(protocol === 1 ? [echo, 0] : body.slice(0, 2)), ...body.slice(2), ...filler(size)];
}

function extended(quote: number[], given: readonly [number, number] | undefined, unit: number): [Octets, number] {
  if (given === undefined) return [quote, 0];
  const [units, length] = given;
  const at = units * 8;
  return [
    [...quote.slice(0, at), ...new Array<number>(Math.max(0, at - quote.length)).fill(0), ...filler(length)],
    at / unit,
  ];
}

const six = (four: Octets): Octets => [...REFERENCE_PREFIX, ...four.slice(0, 4), ...REFERENCE_PREFIX, ...four.slice(4)];

test('RFC 7915 4.2-DU 4.2-PTB 4.2-PP 4.2-4884 4.3-IN: ICMPv4 errors become what the slow reference says', (t) => {
  const head = fc.constantFrom(
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 4],
    [3, 13],
    [3, 14],
    [11, 0],
    [11, 1],
    [12, 0],
    [12, 1],
  );
  const property = fc.property(
    addresses,
    octet,
    head,
    octet,
    fc.nat(65_535),
    fc.record(quoted),
    extension,
    (...all) => {
      const [outer, tos, [type = 0, code = 0], at, mtu, inner, given] = all;
      const { fragment, length, hops, protocol } = inner;
      const [offset, hasMore, id, low] = fragment ?? [0, false, 0, 0];
      const flags = two(offset + (hasMore ? 0x2000 : 0));
      const header = [0x45, at, ...two(20 + length), id, low, ...flags, hops, protocol, 1, 2, ...inner.addresses];
      const [rest, units] = extended([...header, ...transport(inner, 8).slice(0, length)], given, 4);
      const word = [type === 12 ? at % 24 : 0, units, ...(code === 4 ? two(mtu % 2000) : [0, 0])];
      const message = [type, code, 0, 0, ...word, ...rest];
      message.splice(2, 2, ...two(referenceChecksum(message)));
      const packet = [0x45, tos, ...two(20 + message.length), 1, 2, 0, 0, 64, 1, 0, 0, ...outer];
      packet.splice(10, 2, ...two(referenceChecksum(packet)));
      const expected = referenceError4to6([...packet, ...message]);
      const { pieces, verdict } = bump(Uint8Array.from([...packet, ...message]), undefined, { maps });
      t.deepEqual([...(pieces[0] ?? [])], [...(expected ?? [])], verdict);
    },
  );
  fc.assert(property, { numRuns: 1500 });
});

test('RFC 7915 5.2-DU 5.2-PTB 5.2-PP 5.3-IN 5.3-LEN: ICMPv6 errors become what the slow reference says', (t) => {
  const head = fc.constantFrom([1, 0], [1, 1], [1, 3], [1, 4], [1, 5], [2, 0], [3, 0], [3, 1], [4, 0], [4, 1], [4, 2]);
  const property = fc.property(addresses, octet, head, octet, fc.nat(2000), fc.record(quoted), extension, (...all) => {
    const [outer, flow, [type = 0, code = 0], at, mtu, inner, given] = all;
    const { fragment, length, hops, protocol } = inner;
    const next = protocol === 1 ? 58 : protocol;
    const [offset, hasMore, id, low] = fragment ?? [0, false, 0, 0];
    const own = fragment === undefined ? [] : [next, 0, ...two(offset * 8 + (hasMore ? 1 : 0)), 9, 9, id, low];
    const chain = [...two(length + own.length), own.length === 0 ? next : 44, hops];
    const header = [0x60 + (at & 15), at, 1, 2, ...chain, ...six(inner.addresses), ...own];
    const mayExtend = type === 1 || type === 3;
    const quote = [...header, ...transport(inner, 128).slice(0, length)];
    const [rest, units] = extended(quote, mayExtend ? given : undefined, 8);
    const word = type === 2 ? [0, 0, ...two(mtu)] : type === 4 ? [0, 0, 0, at % 48] : [units, 0, 0, 0];
    const message = [type, code, 0, 0, ...word, ...rest];
    const ends = six(outer);
    message.splice(2, 2, ...two(referenceChecksum([...ends, ...two(message.length), 0, 58, ...message])));
    const packet = [0x60, flow, 3, 4, ...two(message.length), 58, 64, ...ends, ...message];
    const expected = referenceError6to4(packet);
    const { pieces, verdict } = bump(Uint8Array.from(packet), undefined, { maps });
    t.deepEqual([...(pieces[0] ?? [])], [...(expected ?? [])], verdict);
  });
  fc.assert(property, { numRuns: 1500 });
});
