import test from 'ava';
import { keysUpward, parseName } from './message/name.ts';
import { namePolicy } from './name-policy.ts';

const policyOf = (lists: { never?: string[]; always?: string[] }, text: string): string => {
  const name = parseName(text);
  if (name === undefined) throw new Error(`${text} is no name`);
  return namePolicy({ never: [], always: [], ...lists })(keysUpward(name));
};

test('E21: a policy holds for the name and all below it, in any letter case, and for nothing that only ends alike', (t) => {
  const lists = { never: ['Corp.Example'] };
  t.is(policyOf(lists, 'corp.example'), 'never');
  t.is(policyOf(lists, 'a.b.CORP.example'), 'never');
  t.is(policyOf(lists, 'example'), 'as usual');
  t.is(policyOf(lists, 'mycorp.example'), 'as usual');
  t.is(policyOf(lists, 'my\\.corp.example'), 'as usual');
});

test('E21: the longest name decides; of equals "never"; the root holds for everything', (t) => {
  const lists = { never: ['.', 'db.corp.example', 'both.example'], always: ['corp.example', 'both.example'] };
  t.is(policyOf(lists, 'www.corp.example'), 'always');
  t.is(policyOf(lists, 'x.db.corp.example'), 'never');
  t.is(policyOf(lists, 'both.example'), 'never');
  t.is(policyOf(lists, 'other.test'), 'never');
});

test('E21: what is no name is refused at start', (t) => {
  for (const text of ['', '..', 'a..b', 'x'.repeat(64)]) {
    t.throws(() => namePolicy({ never: [text], always: [] }), { message: /Cannot read the name/ }, text);
  }
});
