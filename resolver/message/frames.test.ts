import test from 'ava';
import fc from 'fast-check';
import { FrameReader, framed } from './frames.ts';

test('E18: messages come out as they went in, in whatever pieces they arrive', (t) => {
  const messages = fc.array(fc.uint8Array({ maxLength: 700, size: 'max' }), { maxLength: 6 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(framed));
      const reader = new FrameReader();
      const got: Uint8Array[] = [];
      for (let at = 0, index = 0; at < stream.length; index++) {
        const size = sizes[index % sizes.length] ?? 1;
        got.push(...reader.push(stream.subarray(at, at + size)));
        at += size;
      }
      t.deepEqual(got, sent);
    }),
  );
});

test('a message of 65535 octets is framed, a longer one is not', (t) => {
  t.is(framed(new Uint8Array(65535)).length, 65537);
  t.throws(() => framed(new Uint8Array(65536)), { message: /Cannot frame/ });
});
