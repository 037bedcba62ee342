import test from 'ava';
import fc from 'fast-check';
import { answerTo, question } from '../fixture/zone-line.ts';
import { TYPE } from './constants.ts';
import { readMessage } from './message.ts';
import { recordText } from './record-text.ts';
import { formatRcode, formatType, parseType } from './types.ts';

const lines = [
  'host6.example. 300 IN AAAA 2001:db8::9',
  'host6.example. 0 IN A 192.0.2.1',
  'alias.example. 60 IN CNAME host6.example.',
  'old.example. 60 IN DNAME new.example.',
  'example. 60 IN NS ns.example.',
  'example. 60 IN MX 10 mail.example.',
  '9.2.0.192.in-addr.arpa. 60 IN PTR host6.example.',
  'example. 30 IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 300',
];

test('records are the lines of a zone file that they were made of', (t) => {
  const octets = answerTo(question('host6.example ANY'), { answers: lines });
  const message = readMessage(octets);
  t.deepEqual(
    message?.answers.map((record) => recordText(message, record)),
    lines,
  );
});

test('RFC 3597 5: types and data that are not understood are shown as octets', (t) => {
  const octets = Uint8Array.from([
    ...question('x.example ANY'),
    0xc0,
    12,
    0xff,
    1,
    0,
    3,
    0,
    0,
    0,
    9,
    0,
    3,
    1,
    0x1b,
    0xff,
  ]);
  octets[7] = 1;
  const message = readMessage(octets);
  t.deepEqual(
    message?.answers.map((record) => recordText(message, record)),
    ['x.example. 9 CLASS3 TYPE65281 \\# 3 011bff'],
  );
});

test('D10: data of any octets under any type is printable ASCII', (t) => {
  const asked = question('x.example ANY');
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300, size: 'max' }),
      fc.integer({ min: 0, max: 70 }),
      fc.integer({ min: 1, max: 2 }),
      (data, type, of) => {
        const head = [0xc0, 12, 0, type, 0, of, 0, 0, 0, 9, data.length >>> 8, data.length & 255];
        const octets = Uint8Array.from([...asked, ...head, ...data]);
        octets[7] = 1;
        const message = readMessage(octets);
        for (const record of message?.answers ?? []) t.regex(recordText(message as never, record), /^[ -~]+$/);
      },
    ),
    { numRuns: 2000 },
  );
});

test('types are read as they are written, known by name or not', (t) => {
  for (let type = 1; type < 65_536; type++) if (parseType(formatType(type)) !== type) t.fail(String(type));
  t.is(parseType('aaaa'), TYPE.AAAA);
  for (const text of ['', 'TYPE', 'TYPE0', 'TYPE65536', 'TYPE-1', 'toString', 'A A'])
    t.is(parseType(text), undefined, text);
  t.is(formatRcode(3), 'NXDOMAIN');
  t.is(formatRcode(23), 'RCODE23');
});
