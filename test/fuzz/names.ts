/**
 * The resolver against a million mutated questions, a million mutated answers and a million forged ones (D1, D4).
 * `install/node test/fuzz/names.ts [--messages 1000000] [--seed 1]`
 */
import { parseArgs } from 'node:util';
import { Random } from './mutate.ts';
import { forgedAnswers, mutatedAnswers, mutatedQuestions } from './name-fuzz.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const messages = Number(values.messages);
const random = new Random(Number(values.seed));

for (const [title, run] of [
  ['mutated questions', mutatedQuestions],
  ['mutated answers', mutatedAnswers],
  ['forged answers', forgedAnswers],
] as const) {
  const began = performance.now();
  const { inputs, slowest, growth } = await run(random, messages);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${inputs} ${title} of seed ${values.seed}: all well in ${seconds} s; slowest ${slowest.toFixed(1)} ms, heap ${(growth / 1e6).toFixed(1)} MB`,
  );
}
