/** No test file may fall between the stages of the gate. */
import path from 'node:path';
import test from 'ava';
import { stages, testFiles } from './stages.ts';

const checkout = path.resolve(import.meta.dirname, '../..');

test('every test file is in exactly one stage', (t) => {
  const files = stages(checkout, false).flatMap((stage) => ('files' in stage ? stage.files : []));
  t.deepEqual(files.toSorted(), testFiles(checkout, '**/*.test.ts'));
  t.true(files.includes('test/gate/stages.test.ts'));
});

test('the fast gate is the gate without the lab', (t) => {
  const titles = (isFast: boolean): string[] => stages(checkout, isFast).map((stage) => stage.title);
  t.deepEqual(titles(false), [...titles(true), 'lab']);
  for (const stage of stages(checkout, true)) {
    if ('files' in stage)
      t.false(
        stage.files.some((file) => file.endsWith('.lab.test.ts')),
        stage.title,
      );
  }
});
