import test from 'ava';
import fc from 'fast-check';
import { linesOf, TOO_LONG } from './lines.ts';

async function* chunks(octets: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

async function collect(text: string, size: number, longest = 100): Promise<(string | typeof TOO_LONG)[]> {
  const all: (string | typeof TOO_LONG)[] = [];
  for await (const lines of linesOf(chunks(new TextEncoder().encode(text), size), longest)) all.push(...lines);
  return all;
}

test('lines are the same, whatever pieces they come in', async (t) => {
  const line = fc.string({ unit: fc.constantFrom('a', '{', 'é', '"', '\\'), minLength: 1, maxLength: 20, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 50 }), fc.boolean(), async (lines, size, hasEnd) => {
      t.deepEqual(await collect(lines.join('\n') + (hasEnd ? '\n' : ''), size), lines);
    }),
  );
});

test('empty lines are none, and a carriage return is no part of a line', async (t) => {
  t.deepEqual(await collect('\n\na\r\n  \r\nb', 2), ['a', 'b']);
  t.deepEqual(await collect('', 1), []);
});

test('a line that is too long is said to be, and not kept', async (t) => {
  for (const size of [1, 7, 1000]) {
    t.deepEqual(await collect(`a\n${'x'.repeat(101)}\n${'y'.repeat(100)}\n${'z'.repeat(300)}`, size), [
      'a',
      TOO_LONG,
      'y'.repeat(100),
      TOO_LONG,
    ]);
  }
});
