import test from 'ava';
import fc from 'fast-check';
import { PackedNames } from './packed-names.ts';

const SIZE = 4;
const position = fc.nat(SIZE - 1);
/** Names that fill no cell, one exactly, several, and the longest. */
const name = fc.oneof(
  fc.constantFrom('a', 'b.', 'host6.example.', `${'x'.repeat(23)}.`, 'y'.repeat(25), 'z'.repeat(255)),
  fc.string({ minLength: 1, maxLength: 60, unit: fc.integer({ min: 0x21, max: 0x7e }).map(String.fromCharCode) }),
);
const change = fc.oneof(
  fc.record({ what: fc.constant('add' as const), position, name }),
  fc.record({ what: fc.constant('set' as const), position, names: fc.uniqueArray(name, { maxLength: 10 }) }),
  fc.record({ what: fc.constant('clear' as const), position }),
);

test('M9: the names of a mapping are the last eight it was asked for by, the newest last, whatever happened to others', (t) => {
  fc.assert(
    fc.property(fc.array(change, { size: 'max', maxLength: 200 }), (changes) => {
      const packed = new PackedNames(SIZE);
      const model = Array.from({ length: SIZE }, (): string[] => []);
      for (const each of changes) {
        const before = model[each.position] as string[];
        if (each.what === 'add') {
          packed.add(each.position, each.name);
          model[each.position] = [...before.filter((other) => other !== each.name), each.name].slice(-8);
        } else if (each.what === 'set') {
          packed.set(each.position, each.names);
          model[each.position] = each.names.slice(-8);
        } else {
          packed.clear(each.position);
          model[each.position] = [];
        }
        for (const [at, names] of model.entries()) t.deepEqual(packed.get(at), names);
      }
    }),
  );
});

test('what is no name in presentation format is not kept', (t) => {
  const packed = new PackedNames(1);
  packed.add(0, 'six.example.');
  for (const text of ['', 'two words', 'a\nb', 'ü.example.', 'n'.repeat(256)]) packed.add(0, text);
  t.deepEqual(packed.get(0), ['six.example.']);
  packed.set(0, ['two words', 'a.']);
  t.deepEqual(packed.get(0), ['a.']);
  packed.set(0, ['\0']);
  t.deepEqual(packed.get(0), []);
});
