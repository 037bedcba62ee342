import test from 'ava';
import fc from 'fast-check';
import {
  EVERYTHING,
  formatPorts,
  isNothing,
  NOTHING,
  type Ports,
  parsePorts,
  withoutPorts,
  withPorts,
} from './ports.ts';

const ports = (text: string): Ports => parsePorts(text) ?? ({} as Ports);

test('ports are read as they are written', (t) => {
  t.deepEqual(parsePorts('tcp/8080'), { protocol: 'tcp', first: 8080, last: 8080 });
  t.deepEqual(parsePorts('udp/5000-5010'), { protocol: 'udp', first: 5000, last: 5010 });
  t.deepEqual(parsePorts('tcp/1-65535'), { protocol: 'tcp', first: 1, last: 65_535 });
  for (const text of [
    '',
    '8080',
    'tcp',
    'tcp/',
    'tcp/0',
    'tcp/65536',
    'tcp/5-4',
    'tcp/1-',
    'tcp/-1',
    'tcp/01',
    'TCP/1',
    'sctp/1',
    'tcp/1 ',
    'tcp/1\n',
    'tcp/1e3',
    'tcp/1-2-3',
    'tcp/1; flush ruleset',
  ]) {
    t.is(parsePorts(text), undefined, JSON.stringify(text));
  }
});

test('ports are added and taken away, in order and without overlap', (t) => {
  const exposed = ['tcp/8080', 'udp/5000-5010', 'tcp/22', 'tcp/8081', 'tcp/8000-8090', 'udp/5011'].map(ports);
  const sum = exposed.reduce(withPorts, NOTHING);
  t.deepEqual(formatPorts(sum), ['tcp/22', 'tcp/8000-8090', 'udp/5000-5011']);
  t.deepEqual(formatPorts(withoutPorts(sum, ports('tcp/8040'))), [
    'tcp/22',
    'tcp/8000-8039',
    'tcp/8041-8090',
    'udp/5000-5011',
  ]);
  t.deepEqual(formatPorts(withoutPorts(EVERYTHING, ports('tcp/22'))), ['tcp/1-21', 'tcp/23-65535', 'udp/1-65535']);
  t.true(isNothing(withoutPorts(withoutPorts(EVERYTHING, ports('tcp/1-65535')), ports('udp/1-65535'))));
});

test('any sums and differences are those of sets', (t) => {
  const port = fc.integer({ min: 1, max: 40 });
  const change = fc.record({ isSum: fc.boolean(), protocol: fc.constantFrom('tcp', 'udp'), a: port, b: port });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      let exposed = NOTHING;
      const set = new Set<string>();
      for (const { isSum, protocol, a, b } of changes) {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        exposed = (isSum ? withPorts : withoutPorts)(exposed, { protocol, first, last });
        for (let each = first; each <= last; each++) {
          if (isSum) set.add(`${protocol}/${each}`);
          else set.delete(`${protocol}/${each}`);
        }
      }
      const listed = formatPorts(exposed).flatMap((text) => {
        const { protocol, first, last } = ports(text);
        return Array.from({ length: last - first + 1 }, (_, index) => `${protocol}/${first + index}`);
      });
      t.deepEqual(listed.toSorted(), [...set].toSorted());
      // Ranges that touch are one.
      for (const ranges of [exposed.tcp, exposed.udp]) {
        t.true(ranges.every(({ first }, index) => index === 0 || first > (ranges[index - 1]?.last ?? 0) + 1));
      }
    }),
  );
});
