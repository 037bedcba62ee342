/**
 * What the resolver is put through (D1, D4): mutated questions, mutated answers, forged answers. Each function plays so
 * many and throws at the first thing that must not be; what it returns is for people and for the gate.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { flagsOf, HEADER_LENGTH, idOf, putUint16, withId } from '../../resolver/message/header.ts';
import { readMessage } from '../../resolver/message/message.ts';
import type { Random } from './mutate.ts';
import { Answers, forgeries, mutated, poison, questionEnd, questions } from './name-messages.ts';
import { NameScene, type Says } from './name-scene.ts';

/** What one input may cost (D4), and how often one that took longer is played again: the least counts. */
const MOST_MILLISECONDS = 5;
const AGAIN = 5;
/** What a run may leave on the heap: the cache of the scene, and what V8 keeps about code. */
const MOST_GROWTH = 16 * 2 ** 20;

export interface Outcome {
  readonly inputs: number;
  /** The most that an input cost, the least of its repetitions if it cost much; milliseconds of processor time. */
  readonly slowest: number;
  /** What the heap grew by after the first fifth, octets. */
  readonly growth: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Milliseconds of processor time this thread has had: unlike the clock, it stands still while the machine does other things. */
export function milliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/** Every answer is one, to what was asked: a walkable message, a bare error, or what the network said octet for octet. */
function judge(asked: Uint8Array, answer: Uint8Array | undefined, said: readonly Uint8Array[]): void {
  if (answer === undefined) {
    if (asked.length >= HEADER_LENGTH && (flagsOf(asked) & 0x8000) === 0) throw new Error('no answer');
    return;
  }
  if (idOf(answer) !== idOf(asked)) throw new Error('an answer under another ID');
  const isPassed = said.some((one) => Buffer.compare(withId(one, 0), withId(answer, 0)) === 0);
  if (isPassed) return;
  if ((flagsOf(answer) & 0x8000) === 0) throw new Error('an answer that is none');
  if (answer.length !== HEADER_LENGTH && readMessage(answer) === undefined)
    throw new Error(`not sound: ${hex(answer)}`);
}

/** Asks, and returns how long it took. What the network says is remembered, so that it can be said again. */
async function play(scene: NameScene, asked: Uint8Array, says: Says): Promise<number> {
  const said: Uint8Array[][] = [];
  scene.says = (question) => {
    const these = [...says(question)];
    said.push(these);
    return these;
  };
  const began = milliseconds();
  const answer = await scene.ask(asked);
  let least = milliseconds() - began;
  judge(asked, answer, said.flat());
  for (let again = 0; again < AGAIN && least > MOST_MILLISECONDS; again++) {
    let turn = 0;
    // The same octets, under the ID of this time.
    scene.says = (question) => (said[turn++] ?? []).map((one) => (one.length < 2 ? one : withId(one, idOf(question))));
    scene.resolver.flush();
    const start = milliseconds();
    await scene.ask(asked);
    least = Math.min(least, milliseconds() - start);
  }
  if (least > MOST_MILLISECONDS)
    throw new Error(`${least.toFixed(1)} ms for ${hex(asked)}, answered with ${said.flat().map(hex).join(' ')}`);
  return least;
}

async function many(inputs: number, one: () => Promise<number>): Promise<Outcome> {
  let slowest = 0;
  let before = 0;
  for (let count = 0; count < inputs; count++) {
    if (count === Math.floor(inputs / 5)) before = heap();
    slowest = Math.max(slowest, await one());
  }
  const growth = heap() - before;
  if (growth > MOST_GROWTH) throw new Error(`The heap grew by ${growth} octets`);
  return { inputs, slowest, growth };
}

/** Mutated questions of a client; the network answers what is still a question with NODATA. */
export function mutatedQuestions(random: Random, inputs: number): Promise<Outcome> {
  const scene = new NameScene(random);
  const nodata: Says = (question) => {
    const answer = Uint8Array.from(question);
    putUint16(answer, 2, 0x8000 | flagsOf(question));
    return [answer];
  };
  return many(inputs, () => play(scene, mutated(random, random.of(questions)), nodata));
}

/** Mutated answers of a server; half of them keep ID and question, and are looked into. */
export function mutatedAnswers(random: Random, inputs: number): Promise<Outcome> {
  const scene = new NameScene(random);
  const answers = new Answers();
  const says: Says = (question) => {
    const right = withId(random.of(answers.to(question)), idOf(question));
    const from = random.below(2) === 0 ? 0 : questionEnd(question);
    // Only a few changes in 64 KiB, or copying them is all that is measured.
    return [random.below(8) === 0 ? right : mutated(random, right, Math.min(from, right.length))];
  };
  return many(inputs, async () => {
    scene.resolver.flush();
    return play(scene, random.of(questions), says);
  });
}

/** Forged answers, each wrong in one thing, ahead of the right one: none may be taken. Counts the forged ones. */
export async function forgedAnswers(random: Random, inputs: number): Promise<Outcome> {
  const scene = new NameScene(random);
  const answers = new Answers();
  let forged = 0;
  let expected = 0;
  const says: Says = (question) => {
    // NODATA, once for every way of being wrong and a few times more.
    const right = withId(answers.to(question)[7] as Uint8Array, idOf(question));
    const wrong = [...forgeries, ...forgeries].map((forge) => forge(random, poison(question)));
    forged += wrong.length;
    expected += wrong.length;
    return [...wrong, right];
  };
  const these = questions.slice(0, 2);
  const outcome = await many(Math.ceil(inputs / (2 * forgeries.length)), async () => {
    scene.resolver.flush();
    const asked = random.of(these);
    const took = await play(scene, asked, says);
    const { mismatched } = scene.resolver.counters;
    if (mismatched !== expected) throw new Error(`${expected} forged answers, and ${mismatched} let by`);
    if (scene.mapped.size > 0) throw new Error(`mapped: ${[...scene.mapped].join()}`);
    return took;
  });
  return { ...outcome, inputs: forged };
}
