import test from 'ava';
import { UndoList } from './undo-list.ts';

test('everything is undone once, the last first', async (t) => {
  const list = new UndoList();
  const undone: string[] = [];
  list.add('remove one', () => void undone.push('one'));
  list.add('remove two', async () => void undone.push('two'));
  t.deepEqual(await list.undoAll(), []);
  t.deepEqual(undone, ['two', 'one']);
  t.deepEqual(await list.undoAll(), []);
  t.deepEqual(undone, ['two', 'one']);
});

test('what fails is told, and does not keep the rest from being undone', async (t) => {
  const list = new UndoList();
  const undone: string[] = [];
  list.add('remove one', () => void undone.push('one'));
  list.add('remove two', () => {
    throw new Error('it is stuck');
  });
  list.add('remove three', () => Promise.reject(new Error('it is gone')));
  const failures = await list.undoAll();
  t.deepEqual(
    failures.map(({ message, cause }) => [message, (cause as Error).message]),
    [
      ['Cannot remove three', 'it is gone'],
      ['Cannot remove two', 'it is stuck'],
    ],
  );
  t.deepEqual(undone, ['one']);
});

test('what does not end is left behind', async (t) => {
  const list = new UndoList(20);
  const undone: string[] = [];
  list.add('remove one', () => void undone.push('one'));
  list.add('stop a thread', () => new Promise(() => {}));
  const failures = await list.undoAll();
  t.deepEqual(
    failures.map(({ message, cause }) => [message, (cause as Error).message]),
    [['Cannot stop a thread', 'It took longer than 0.02 s']],
  );
  t.deepEqual(undone, ['one']);
});
