/** The gate's count of ava's output: what it must never take for a pass. */
import test from 'ava';
import { filesOf, readTap } from './tap.ts';

test('a test that held is counted, one that did not is told in full', (t) => {
  const tally = readTap(
    'TAP version 13\nok 1 - a\nnot ok 2 - b › c\n  ---\n    message: no\n  ...\nok 3 - d\n\n1..3\n# tests 3\n',
  );
  t.is(tally.passed, 2);
  t.deepEqual(tally.failures, ['failed: b › c\n  ---\n    message: no\n  ...']);
});

test('a skipped test and one to be written are failures', (t) => {
  const tally = readTap('ok 1 - a # skip\nnot ok 2 - b # todo\nok 3 - # skip c\n');
  t.is(tally.passed, 0);
  t.is(tally.failures.length, 3);
});

test('nothing at all is no pass', (t) => {
  t.deepEqual(readTap('TAP version 13\n\n1..0\n# tests 0\n# pass 0\n# fail 0\n'), { passed: 0, failures: [] });
  t.deepEqual(readTap(''), { passed: 0, failures: [] });
});

test('a failure tells its file, whatever its title says', (t) => {
  const files = ['agent/a.lab.test.ts', 'agent/deep/a.lab.test.ts', 'test/b.lab.test.ts'];
  const failures = [
    'failed: agent › deep › a.lab › S5: as before\n  ---\n  test › b.lab › no',
    'failed: agent › a.lab › x',
  ];
  t.deepEqual(filesOf(failures, files), ['agent/a.lab.test.ts', 'agent/deep/a.lab.test.ts']);
  t.deepEqual(filesOf(['failed: b.lab › x'], files), ['test/b.lab.test.ts']);
  t.deepEqual(filesOf(['failed: a title alone'], files), []);
});
