import test from 'ava';
import * as dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { formatName, keysUpward, nameKey, parseName, readName, skipName } from './name.ts';

/** dns-packet's codec for names alone; its types leave it out. */
interface NameCodec {
  encode(name: string): Buffer;
  decode(octets: Buffer, offset: number): string;
}
const other = (dnsPacket as unknown as { name: NameCodec }).name;

const HEADER = new Array<number>(12).fill(0);
const message = (...octets: (number | string)[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...octets.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : part))]);

const text = (octets: Uint8Array, offset = 12): string | undefined => {
  const name = readName(octets, offset);
  return name && formatName(name);
};

const label = fc.uint8Array({ minLength: 1, maxLength: 63, size: 'max' });
const anyName = fc
  .array(label, { maxLength: 4 })
  .map((labels) => labels.flatMap((octets) => [octets.length, ...octets]))
  .filter((octets) => octets.length < 255)
  .map((octets) => Uint8Array.from([...octets, 0]));

test('D10: a name of any octets is the same after being written as text and read again', (t) => {
  fc.assert(
    fc.property(anyName, (name) => {
      const again = parseName(formatName(name));
      t.deepEqual(again, name);
      t.regex(formatName(name), /^[\x21-\x7e]+$/);
    }),
  );
});

test('D10: labels with a dot, NUL, newline, escape sequence or shell text are written so that they cannot do anything', (t) => {
  const rows: [Uint8Array, string][] = [
    [message(3, 'a.b', 2, 'cd', 0), 'a\\.b.cd'],
    [message(3, 0, 10, 27, 0), '\\000\\010\\027'],
    [message(4, '\x1b[2J', 0), '\\027\\[2J'],
    [message(5, '$(ls)', 0), '\\$\\(ls\\)'],
    [message(2, 0xc3, 0xa9, 0), '\\195\\169'],
    [message(0), '.'],
  ];
  for (const [octets, expected] of rows) t.is(text(octets), expected);
});

test('text that is no name is refused', (t) => {
  for (const wrong of ['', '..', '.a', 'a..b', 'x'.repeat(64), `${'x'.repeat(63)}.`.repeat(4), 'é', '\\256', '\\999']) {
    t.is(parseName(wrong), undefined, wrong);
  }
  t.is(formatName(parseName('A.example.') ?? new Uint8Array()), 'A.example');
});

test('a name is at most 255 octets and a label at most 63 (D4)', (t) => {
  const longest = [63, 63, 63, 61].flatMap((length) => [length, 'x'.repeat(length)]);
  t.is(readName(message(...longest, 0), 12)?.length, 255);
  const tooLong = [63, 63, 63, 62].flatMap((length) => [length, 'x'.repeat(length)]);
  t.is(readName(message(...tooLong, 0), 12), undefined);
  t.is(readName(message(64, 'x'.repeat(64), 0), 12), undefined);
  t.is(readName(message(0x80, 1, 0), 12), undefined);
});

test('compression pointers lead strictly backwards, and not into the header (D4)', (t) => {
  t.is(text(message(1, 'a', 0, 1, 'b', 0xc0, 12), 15), 'b.a');
  t.is(skipName(message(1, 'a', 0, 1, 'b', 0xc0, 12), 15), 19);
  for (const [octets, offset] of [
    [message(0xc0, 12), 12],
    [message(1, 'a', 0xc0, 12), 12],
    [message(1, 'a', 0xc0, 14), 12],
    [message(0xc0, 14, 0), 12],
    [message(0xc0, 0), 12],
    [message(0xc0), 12],
    [message(3, 'ab'), 12],
    [message(1, 'a'), 12],
    [message(), 12],
  ] as [Uint8Array, number][]) {
    t.is(readName(octets, offset), undefined);
    t.is(skipName(octets, offset), -1);
  }
});

test('a long row of pointers to pointers is not followed to its end (D4)', (t) => {
  const row = (count: number): Uint8Array => {
    const pointers = Array.from({ length: count }, (_, index) => 12 + Math.max(0, index * 2 - 1));
    return message(0, ...pointers.flatMap((target) => [0xc0 | (target >> 8), target & 255]));
  };
  const at = (count: number): number => 13 + (count - 1) * 2;
  t.is(readName(row(127), at(127))?.length, 1);
  t.is(readName(row(128), at(128)), undefined);
});

test('names are the same whatever their letter case, and only ASCII has one (RFC 4343)', (t) => {
  const key = (octets: Uint8Array): string => nameKey(readName(octets, 12) ?? new Uint8Array());
  t.is(key(message(3, 'AbZ', 0)), key(message(3, 'aBz', 0)));
  t.not(key(message(1, 0xc1, 0)), key(message(1, 0xe1, 0)));
  t.not(key(message(1, '@', 0)), key(message(1, '`', 0)));
  t.not(key(message(1, '[', 0)), key(message(1, '{', 0)));
  t.deepEqual(keysUpward(parseName('a.B') ?? new Uint8Array()), ['\x01a\x01b\0', '\x01b\0', '\0']);
});

test('plain names are read as dns-packet reads them, compressed or not', (t) => {
  const plain = fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/);
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), fc.array(plain, { maxLength: 3 }), (first, second) => {
      const wire = other.encode(first.join('.'));
      const head = second.flatMap((part) => [part.length, part]);
      const octets = message(...wire, ...head, 0xc0, 12);
      const offset = 12 + wire.length;
      t.is(text(octets, offset), other.decode(Buffer.from(octets), offset));
    }),
  );
});
