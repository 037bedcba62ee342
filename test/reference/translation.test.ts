import test from 'ava';
import fc from 'fast-check';
import { parsePacket } from '../../translator/packet-text.ts';
import { EmbeddingMap } from './address-maps.ts';
import { bump } from './bump.ts';
import { reference4to6, reference6to4 } from './translation.ts';

const maps = new EmbeddingMap(0x20010db8, 0x00640000, 0);
const octet = fc.nat(255);
const port = fc.nat(65_535);
const size = fc.oneof(fc.nat(40), fc.integer({ min: 1100, max: 1500 }), fc.nat(9000));
const address = fc.tuple(fc.integer({ min: 1, max: 126 }), octet, octet, octet);
const transport = fc.oneof(
  fc.tuple(port, port, port).map(([from, to, seq]) => `TCP ${from} > ${to} ACK seq=${seq} options=01010101`),
  fc.tuple(port, port).map(([from, to]) => `UDP ${from} > ${to}`),
  fc.tuple(port, port).map(([id, seq]) => `ICMP echo id=${id} seq=${seq}`),
  fc.tuple(port, port).map(([id, seq]) => `ICMP echo-reply id=${id} seq=${seq}`),
  fc.constantFrom('protocol 132', 'protocol 50', 'protocol 51'),
);
const hops = fc.integer({ min: 2, max: 255 });

test('RFC 7915 §4: the translator does what the slow reference does', (t) => {
  const options = fc.constantFrom('', ' options=01010100', ` options=${'01'.repeat(40)}`);
  const property = fc.property(
    fc.tuple(address, address, hops, octet, options, port, fc.boolean()),
    transport,
    size,
    fc.integer({ min: 1280, max: 1600 }),
    ([from, to, ttl, tos, extra, id, df], layer, length, lowestIpv6Mtu) => {
      const head = `IPv4 ${from.join('.')} > ${to.join('.')} ttl=${ttl} tos=${tos} id=${id}${extra}${df ? ' df' : ''}`;
      const { octets } = parsePacket(
        `${head} | ${layer.replace('ICMP', 'ICMPv4')}${length === 0 ? '' : ` | [${length}]`}`,
      );
      const { pieces } = bump(octets, undefined, { maps, lowestIpv6Mtu, mtu6: 65_535 });
      t.deepEqual(
        pieces.map((piece) => [...piece]),
        reference4to6([...octets], lowestIpv6Mtu).map((piece) => [...piece]),
      );
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('RFC 7915 §5: the translator does what the slow reference does', (t) => {
  const name = ([a, b, c, d]: [number, number, number, number]): string =>
    `2001:db8:64::${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const layers = ['hop-by-hop 010400000000', `destination 010c${'00'.repeat(12)}`, 'routing 000000000000'];
  const property = fc.property(
    fc.tuple(address, address, hops, octet, fc.nat(0xfffff), fc.array(fc.constantFrom(...layers), { maxLength: 4 })),
    transport,
    size,
    fc.integer({ min: 68, max: 1600 }),
    ([from, to, hlim, tos, flow, extensions], layer, length, mtu4) => {
      const head = `IPv6 ${name(from)} > ${name(to)} hlim=${hlim} class=${tos} flow=${flow}`;
      const rest = `${layer.replace('ICMP', 'ICMPv6')}${length === 0 ? '' : ` | [${length}]`}`;
      const { octets } = parsePacket([head, ...extensions, rest].join(' | '));
      const { verdict, pieces } = bump(octets, undefined, { maps, mtu4 });
      const expected = reference6to4([...octets], mtu4, 0).map((piece) => [...piece]);
      const mayBeCut = ((expected[0]?.[6] ?? 0) & 0x40) === 0;
      if (!mayBeCut && expected.length > 1) t.is(verdict, 'refused-packet-too-big');
      else
        t.deepEqual(
          pieces.map((piece) => [...piece]),
          expected,
        );
    },
  );
  fc.assert(property, { numRuns: 300 });
});
