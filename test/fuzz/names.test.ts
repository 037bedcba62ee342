/** A fixed amount of what `names.ts` does a million times. */
import test from 'ava';
import { TYPE } from '../../resolver/message/constants.ts';
import { Random } from './mutate.ts';
import { forgedAnswers, milliseconds, mutatedAnswers, mutatedQuestions } from './name-fuzz.ts';
import { aliasBomb, poison, questionEnd, questions } from './name-messages.ts';
import { NameScene } from './name-scene.ts';

test('D4: mutated questions are answered or let go, in 5 ms each, and leave nothing behind', async (t) => {
  t.is((await mutatedQuestions(new Random(7), 20_000)).inputs, 20_000);
});

test('D4: mutated answers do no harm, in 5 ms each, and leave nothing behind', async (t) => {
  t.is((await mutatedAnswers(new Random(8), 10_000)).inputs, 10_000);
});

test('D1: of forged answers, each wrong in one thing, none is accepted and none is mapped', async (t) => {
  t.true((await forgedAnswers(new Random(9), 20_000)).inputs >= 20_000);
});

test('D1: the poison in them would be mapped, were nothing wrong with it', async (t) => {
  const scene = new NameScene(new Random(1));
  scene.says = (question) => (question[questionEnd(question) - 3] === TYPE.AAAA ? [poison(question)] : []);
  await scene.ask(questions[0] as Uint8Array);
  t.deepEqual([...scene.mapped], ['2001:db8:bad::1']);
});

test('D4: 64 KiB of aliases cost no more than 5 ms from the question to its answer', async (t) => {
  const scene = new NameScene(new Random(1));
  scene.says = (question) => [aliasBomb(question)];
  let least = Number.POSITIVE_INFINITY;
  for (let again = 0; again < 6; again++) {
    const began = milliseconds();
    const answer = await scene.ask(questions[0] as Uint8Array);
    least = Math.min(least, milliseconds() - began);
    t.is((answer?.[3] ?? 0) & 15, 2, 'SERVFAIL');
    scene.resolver.flush();
  }
  t.true(least <= 5, `${least} ms`);
});
