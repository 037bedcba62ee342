import test from 'ava';
import fc from 'fast-check';
import { answerTo, question, withField } from '../fixture/zone-line.ts';
import { isAnswerTo } from './match.ts';

const asked = question('hosT6.example A', { id: 0xbeef, edns: 1232 });
const answer = answerTo(asked, { answers: ['host6.example. 60 IN A 192.0.2.1'] });
const questionEnd = 12 + 15 + 4;

test('D1: the answer to a question is taken', (t) => {
  t.true(isAnswerTo(asked, answer));
  t.true(isAnswerTo(asked, answerTo(asked, { rcode: 3 })));
});

test('D1: an answer with any other ID is not taken', (t) => {
  for (let id = 0; id < 0x10000; id++)
    if (id !== 0xbeef && isAnswerTo(asked, withField(answer, 0, id))) t.fail(`${id}`);
  t.pass();
});

test('D1: a question, or an answer of another opcode, is not taken', (t) => {
  t.false(isAnswerTo(asked, asked));
  for (let opcode = 1; opcode < 16; opcode++) t.false(isAnswerTo(asked, withField(answer, 2, 0x8180 | (opcode << 11))));
});

test('D1: one different bit anywhere in the question, letter case too, and the answer is not taken', (t) => {
  for (let at = 12; at < questionEnd; at++) {
    for (let bit = 1; bit < 256; bit <<= 1) {
      const forged = Uint8Array.from(answer);
      forged[at] = (forged[at] ?? 0) ^ bit;
      t.false(isAnswerTo(asked, forged), `octet ${at}`);
    }
  }
});

test('D1: no, two or many questions, or a message that ends within the question, are not taken', (t) => {
  for (const count of [0, 2, 3, 65535]) t.false(isAnswerTo(asked, withField(answer, 4, count)));
  for (let length = 0; length < questionEnd; length++) t.false(isAnswerTo(asked, answer.slice(0, length)));
});

test('D1: of thousands of forged answers none is taken', (t) => {
  const edit = fc.tuple(fc.nat(questionEnd - 1), fc.nat(255));
  const harmless = new Set([2, 3, 6, 7, 8, 9, 10, 11]);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
      const forged = Uint8Array.from(answer);
      for (const [at, value] of edits) if (!harmless.has(at)) forged[at] = value;
      const isSame = forged.every((octet, at) => octet === answer[at]);
      return isAnswerTo(asked, forged) === isSame;
    }),
    { numRuns: 20_000 },
  );
  t.pass();
});

test('E24: answers to other opcodes may leave the question out (RFC 2136 3.8), but not change it', (t) => {
  const update = withField(question('example SOA'), 2, 5 << 11);
  const header = withField(update, 2, 0x8000 | (5 << 11));
  t.true(isAnswerTo(update, header));
  t.true(isAnswerTo(update, withField(header, 4, 0).slice(0, 12)));
  const other = Uint8Array.from(header);
  other[13] = 0x58;
  t.false(isAnswerTo(update, other));
});
