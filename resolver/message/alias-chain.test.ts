import test from 'ava';
import { answerTo, question } from '../fixture/zone-line.ts';
import { type AliasChain, followAliases } from './alias-chain.ts';
import { TYPE } from './constants.ts';
import { readMessage } from './message.ts';
import { formatName } from './name.ts';

function follow(ask: string, answers: string[]): AliasChain | undefined {
  const message = readMessage(answerTo(question(ask), { answers }));
  if (message === undefined) throw new Error('not a sound message');
  return followAliases(message, TYPE.AAAA);
}

/** `owner TYPE target …, at the end: how many records` */
function told(chain: AliasChain | undefined): string {
  if (chain === undefined) return 'no end';
  const aliases = chain.aliases.map(
    ({ owner, type, data }) => `${formatName(owner)} ${type === TYPE.CNAME ? 'CNAME' : 'DNAME'} ${formatName(data)}`,
  );
  return [...aliases, `${formatName(chain.owner)}: ${chain.records.length}`].join(', ');
}

const aliases = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${index}.example. 9 IN CNAME n${index + 1}.example.`);

test('E6: aliases are followed whatever the order of the records and the letter case', (t) => {
  const answers = [
    'C.example. 9 IN AAAA 2001:db8::9',
    'B.EXAMPLE. 9 IN CNAME c.example.',
    'a.example. 9 IN CNAME b.example.',
    'c.example. 9 IN AAAA 2001:db8::a',
  ];
  t.is(told(follow('A.example AAAA', answers)), 'A.example CNAME b.example, b.example CNAME c.example, c.example: 2');
});

test('E6: a chain that ends without records says where', (t) => {
  t.is(told(follow('a.example AAAA', ['a.example. 9 IN CNAME b.example.'])), 'a.example CNAME b.example, b.example: 0');
  t.is(told(follow('a.example AAAA', [])), 'a.example: 0');
});

test('E6: DNAME is applied when its CNAME is missing, and not to the name itself (RFC 6672 2.3)', (t) => {
  const dname = 'old.example. 9 IN DNAME new.test.';
  t.is(
    told(follow('x.y.old.example AAAA', [dname, 'x.y.new.test. 9 IN AAAA 2001:db8::9'])),
    'old.example DNAME new.test, x.y.old.example CNAME x.y.new.test, x.y.new.test: 1',
  );
  t.is(told(follow('old.example AAAA', [dname])), 'old.example: 0');
});

test('E6: a DNAME that makes a name too long leads nowhere', (t) => {
  const long = `${'x'.repeat(60)}.`.repeat(3);
  t.is(told(follow(`${long}old.example AAAA`, [`old.example. 9 IN DNAME ${long}example.`])), 'no end');
});

test('D4: 16 aliases are followed, 17 are not, and a loop has no end', (t) => {
  const end = (count: number): string => `n${count}.example. 9 IN AAAA 2001:db8::9`;
  t.true(told(follow('n0.example AAAA', [...aliases(16), end(16)])).endsWith('n16.example: 1'));
  t.is(told(follow('n0.example AAAA', [...aliases(17), end(17)])), 'no end');
  t.is(told(follow('a.example AAAA', ['a.example. 9 IN CNAME a.example.'])), 'no end');
});
