import test from 'ava';
import { apply, printStep, step, undo } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

const steps = [
  step('make a', ['make', 'a'], ['unmake', 'a']),
  step('set b to 1', { path: '/b', text: '1' }, { path: '/b', text: '0', onlyIf: '1' }),
  step('make c', ['make', 'c']),
  step('make d', ['make', 'd'], ['unmake', 'd']),
];

test('steps run in order and are undone in reverse', async (t) => {
  const host = new RecordingHost();
  await apply(steps, host);
  t.deepEqual(host.done, ['make a', '/b < 1', 'make c', 'make d']);
  host.done.length = 0;
  t.deepEqual(await undo(steps, host), []);
  t.deepEqual(host.done, ['unmake d', '/b < 0', 'unmake a']);
});

test('a step that fails undoes those before it and says what could not be done', async (t) => {
  const host = new RecordingHost();
  host.failing.set('make d', 'no d today');
  const error = await t.throwsAsync(apply(steps, host), { message: 'Cannot make d' });
  t.regex(String(error?.cause), /`make d` failed: no d today/);
  t.deepEqual(host.done, ['make a', '/b < 1', 'make c', 'make d', '/b < 0', 'unmake a']);
});

test('what could not be undone after a failure is told beside it', async (t) => {
  const host = new RecordingHost();
  host.failing.set('make d', 'no d today');
  host.failing.set('unmake a', 'a stays');
  const error = await t.throwsAsync(apply(steps, host), { message: 'Cannot make d' });
  const errors = error?.cause instanceof AggregateError ? error.cause.errors : [];
  t.deepEqual(errors.map(String), ['CommandError: `make d` failed: no d today', 'Error: Cannot undo: make a']);
});

test('undoing carries on past failures and returns them', async (t) => {
  const host = new RecordingHost({ '/b': '1\n' });
  host.failing.set('unmake d', 'busy');
  const failures = await undo(steps, host);
  t.deepEqual(
    failures.map(({ message }) => message),
    ['Cannot undo: make d'],
  );
  t.deepEqual(host.done, ['unmake d', '/b < 0', 'unmake a']);
});

test('undoing what is not there, or was changed by others since, does nothing', async (t) => {
  for (const said of [
    'Cannot find device "bis0"',
    'RTNETLINK answers: No such process',
    'RTNETLINK answers: Cannot assign requested address',
    'Error: ipv4: Address not found.',
    'RTNETLINK answers: No such device',
  ]) {
    const host = new RecordingHost({ '/b': '2\n' });
    host.failing.set('unmake', said);
    t.deepEqual(await undo(steps, host), [], said);
    t.is(host.files.get('/b'), '2\n');
  }
});

test('commands of nft run in this process where that is possible, else by the program', async (t) => {
  const table = step('make a table', { nft: 'add table inet x' }, { nft: 'delete table inet x' });
  const outside = new RecordingHost();
  await apply([table], outside);
  t.deepEqual(await undo([table], outside), []);
  t.deepEqual(outside.done, ['nft add table inet x', 'nft delete table inet x']);
  const inside = Object.assign(new RecordingHost(), {
    nft: (commands: string) => {
      if (commands.startsWith('delete')) throw new Error('Error: No such file or directory');
      inside.done.push(`inside: ${commands}`);
    },
  });
  await apply([table], inside);
  t.deepEqual(await undo([table], inside), [], 'a table that has gone is no failure');
  t.deepEqual(inside.done, ['inside: add table inet x']);
});

test('a file that has gone is no failure to undo', async (t) => {
  const host = new RecordingHost();
  host.writeText = () => {
    throw new Error('ENOENT');
  };
  const keep = { path: '/gone', text: '1' };
  t.deepEqual(await undo([step('keep /gone at 1', keep, keep)], host), []);
});

test('a step prints as what it does and what undoes it', (t) => {
  t.is(
    steps.slice(0, 3).map(printStep).join('\n'),
    `make a
  do    make a
  undo  unmake a
set b to 1
  do    write 1 to /b
  undo  write 0 to /b, if it is 1
make c
  do    make c`,
  );
});
