import test from 'ava';
import fc from 'fast-check';
import { printed, question } from '../fixture/zone-line.ts';
import { followAliases } from './alias-chain.ts';
import { TYPE } from './constants.ts';
import { flagsOf, uint16 } from './header.ts';
import { type Message, readMessage } from './message.ts';
import { formatName, type Name, parseName } from './name.ts';
import { withType, writeAnswer, writeBareError, writeQuestion } from './write.ts';

const name = (text: string): Name => parseName(text) ?? new Uint8Array();

function read(octets: Uint8Array): Message {
  const message = readMessage(octets);
  if (message === undefined) throw new Error('not a sound message');
  return message;
}

const address = Uint8Array.of(10, 170, 160, 1);

test('E12: an answer carries the question as asked, and names written before are pointed at', (t) => {
  const records = [
    { owner: name('A.example'), type: TYPE.CNAME, ttlSeconds: 70_000, data: name('b.example') },
    { owner: name('b.example'), type: TYPE.A, ttlSeconds: 60, data: address },
    { owner: name('b.example'), type: TYPE.A, ttlSeconds: 60, data: address },
  ];
  const octets = writeAnswer(read(question('A.example A', { id: 7 })), { rcode: 0, records });
  const { id, answers, flags } = printed(octets);
  t.is(id, 7);
  t.is(flags, 'rd ra');
  t.deepEqual(answers, [
    'A.example. 70000 IN CNAME b.example.',
    'b.example. 60 IN A 10.170.160.1',
    'b.example. 60 IN A 10.170.160.1',
  ]);
  t.is(octets.length, 12 + 15 + (12 + 11) + 2 * 16);
});

test('D10: names of any octets survive, with the letter case they came with', (t) => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 40, size: 'max' });
  const anyName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => {
    return Uint8Array.from([...labels.flatMap((octets) => [octets.length, ...octets]), 0]);
  });
  fc.assert(
    fc.property(anyName, anyName, (asked, target) => {
      const message = read(writeQuestion(asked, TYPE.A, false));
      const records = [
        { owner: asked, type: TYPE.CNAME, ttlSeconds: 1, data: target },
        { owner: target, type: TYPE.A, ttlSeconds: 1, data: address },
      ];
      const written = read(writeAnswer(message, { rcode: 0, records }));
      t.deepEqual(written.name, asked);
      const chain = followAliases(written, TYPE.A);
      // A name that is its own alias leads to the address at once.
      if (formatName(asked).toLowerCase() !== formatName(target).toLowerCase()) t.deepEqual(chain?.owner, target);
      t.is(chain?.records.length, 1);
    }),
  );
});

test('E12: more records than 64 KiB hold make a truncated answer', (t) => {
  const record = { owner: name('a.example'), type: TYPE.A, ttlSeconds: 60, data: address };
  const octets = writeAnswer(read(question('a.example A', { edns: 1232 })), {
    rcode: 0,
    records: new Array(5000).fill(record),
  });
  t.true(octets.length <= 65535);
  t.true(printed(octets).flags.includes('tc'));
  t.is(uint16(octets, 6), printed(octets).answers.length);
});

test('E17: of the asker’s flags only RD and CD come back; DO is repeated (RFC 3225 3)', (t) => {
  const asked = question('a.example A', { edns: 4096, dnssecOk: true });
  asked[2] = 0x07;
  asked[3] = 0x7f;
  const octets = writeAnswer(read(asked), { rcode: 3 });
  t.is(flagsOf(octets), 0x8193);
  t.deepEqual(printed(octets).edns, { size: 1232, dnssecOk: true, options: [] });
});

test('RFC 8914: an explanation is an extended error, and only for who sent OPT', (t) => {
  const withOpt = writeAnswer(read(question('a.example A', { edns: 512 })), { rcode: 2, explanation: 'why' });
  t.deepEqual(printed(withOpt).edns?.options, [{ code: 15, text: 'why' }]);
  const without = writeAnswer(read(question('a.example A')), { rcode: 2, explanation: 'why' });
  t.is(printed(without).edns, undefined);
});

test('a bare error keeps ID, opcode, RD and CD', (t) => {
  const octets = writeBareError(Uint8Array.from([0xab, 0xcd, 0x29, 0x30, ...new Array(20).fill(9)]), 1);
  t.deepEqual([...octets], [0xab, 0xcd, 0xa9, 0x11, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('E1: the AAAA question differs from the A question in one octet', (t) => {
  const asked = question('A.example A', { edns: 1232, dnssecOk: true });
  const other = withType(read(asked), TYPE.AAAA);
  const changed = [...asked.keys()].filter((at) => asked[at] !== other[at]);
  t.deepEqual(changed, [12 + 11 + 1]);
  t.is(printed(other).question, 'A.example AAAA');
});
