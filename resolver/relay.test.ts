import test from 'ava';
import { newCounters } from './counters.ts';
import { arrived } from './fixture/surroundings.ts';
import { question, withField } from './fixture/zone-line.ts';
import type { Question } from './question.ts';
import { relay } from './relay.ts';

const HERE = Uint8Array.of(1);
const THERE = Uint8Array.of(2);

/** Whether a message goes past the handlers below, and unchanged. */
async function isRelayed(octets: Uint8Array): Promise<boolean> {
  let seen: Question | undefined;
  const keep = (answer: Uint8Array) => async (asked: Question) => {
    seen = asked;
    return answer;
  };
  const counters = newCounters();
  const answer = await relay(keep(THERE), counters)(arrived(octets), keep(HERE));
  if (seen?.octets !== octets) throw new Error('the question was changed');
  if ((counters.passed === 1) !== (answer === THERE)) throw new Error('counted wrongly');
  return answer === THERE;
}

/** `question` with a record of `type` put behind it, in the section whose count stands at `countOffset`. */
function withRecord(type: number, countOffset: number, from = question('host6.example A')): Uint8Array {
  const record = [0, type >> 8, type & 255, 0, 255, 0, 0, 0, 0, 0, 0];
  return withField(Uint8Array.from([...from, ...record]), countOffset, (from[countOffset + 1] ?? 0) + 1);
}

test('E24: plain recursive questions of any type stay', async (t) => {
  for (const text of ['host6.example A', 'host6.example PTR', 'host6.example ANY', 'host6.example UNKNOWN_999']) {
    t.false(await isRelayed(question(text)), text);
  }
  t.false(await isRelayed(question('host6.example A', { edns: 1232, dnssecOk: true })));
});

test('E24: other opcodes, also unknown ones, are relayed', async (t) => {
  for (let opcode = 1; opcode < 16; opcode++) {
    t.true(await isRelayed(withField(question('host6.example A'), 2, (opcode << 11) | 0x100)), String(opcode));
  }
});

test('E24: an UPDATE whose body we would not understand is relayed, too', async (t) => {
  const update = withField(question('example SOA'), 2, 5 << 11);
  t.true(await isRelayed(Uint8Array.from([...withField(update, 8, 40), 1, 2, 3])));
});

test('E24: questions without recursion are relayed', async (t) => {
  t.true(await isRelayed(question('host6.example A', { recursion: false })));
});

test('E24: zone transfers are relayed', async (t) => {
  t.true(await isRelayed(question('example AXFR')));
  t.true(await isRelayed(question('example IXFR')));
});

test('E24: messages signed with TSIG or SIG(0) are relayed', async (t) => {
  t.true(await isRelayed(withRecord(250, 10)));
  t.true(await isRelayed(withRecord(24, 10)));
});

test('E24: what is unlike a plain question is relayed: records in it, two OPT, a later EDNS, none or two questions', async (t) => {
  t.true(await isRelayed(withRecord(1, 6).fill(0, -2)));
  t.true(await isRelayed(withRecord(6, 8)));
  t.true(await isRelayed(withRecord(41, 10, question('host6.example A', { edns: 1232 }))));
  const later = question('host6.example A', { edns: 1232 });
  later[later.length - 5] = 1;
  t.true(await isRelayed(later));
  t.true(await isRelayed(withField(question('host6.example A'), 4, 0)));
  t.true(await isRelayed(withField(question('host6.example A'), 4, 2)));
});
