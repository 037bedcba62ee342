import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Journal, readJournal } from './journal.ts';
import { step } from './step.ts';
import { RecordingHost } from './testing/recording-host.ts';

const place = { boot: 'b007', namespace: 'net:[1]' };
const steps = [
  step('make a', { nft: 'add table inet a' }, { nft: 'delete table inet a' }),
  step('set /b to 1', { path: '/b', text: '1' }, { path: '/b', text: '0', onlyIf: '1' }),
  step('route c', ['ip', 'route', 'add', 'c'], ['ip', 'route', 'del', 'c']),
];

/** The path of a journal in a directory that goes with the test. */
function pathFor(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'bis-journal-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return join(directory, 'journal');
}

test('S5: what is noted is on the disk when `note` returns, one line for each step', (t) => {
  const path = pathFor(t);
  const journal = new Journal(path, place, new RecordingHost());
  journal.note(steps);
  t.is(
    readFileSync(path, 'utf8'),
    `bis-journal 1
b1cb0c91 {"boot":"b007","namespace":"net:[1]"}
b3102c83 {"title":"make a","undo":{"nft":"delete table inet a"}}
c9b2ae87 {"title":"set /b to 1","undo":{"path":"/b","text":"0","onlyIf":"1"}}
58262929 {"title":"route c","undo":["ip","route","del","c"]}
`,
  );
  const noted = steps.map(({ title, undo }) => ({ title, undo }));
  t.deepEqual(readJournal(path), { place, noted, damaged: 0 } as unknown as ReturnType<typeof readJournal>);
});

test('a step is noted once, and one that goes by itself never', (t) => {
  const journal = new Journal(pathFor(t), place, new RecordingHost());
  journal.note([...steps, ...steps, step('make d', ['ip', 'd'])]);
  journal.note(steps);
  t.deepEqual(
    journal.titles,
    steps.map(({ title }) => title),
  );
});

test('undoing goes backwards and removes the file; what fails keeps it', async (t) => {
  const path = pathFor(t);
  const host = new RecordingHost({ '/b': '1\n' });
  const journal = new Journal(path, place, host);
  journal.note(steps);
  host.failing.set('nft', 'busy');
  t.is((await journal.undo()).length, 1);
  t.deepEqual(host.done, ['ip route del c', '/b < 0', 'nft delete table inet a']);
  t.is(readJournal(path)?.noted.length, 3);
  rmSync(path);
  const next = new Journal(path, place, new RecordingHost());
  next.note(steps);
  t.deepEqual(await next.undo(), []);
  t.is(readJournal(path), undefined);
});

test('a journal that was not undone is not begun anew', (t) => {
  const path = pathFor(t);
  new Journal(path, place, new RecordingHost()).note(steps);
  t.throws(() => new Journal(path, place, new RecordingHost()), { message: `Cannot write the journal ${path}` });
  t.is(readJournal(path)?.noted.length, 3);
});

test('a line that was torn is no step, wherever the power went', (t) => {
  const path = pathFor(t);
  new Journal(path, place, new RecordingHost()).note(steps);
  const whole = readFileSync(path, 'utf8');
  const ends = [...whole.matchAll(/\n/g)].map(({ index }) => index + 1);
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.slice(0, length));
    const lines = ends.filter((end) => end <= length).length;
    t.is(readJournal(path)?.noted.length, lines < 2 ? undefined : lines - 2, `after ${length} octets`);
  }
});

test('a damaged line costs that line', (t) => {
  const path = pathFor(t);
  new Journal(path, place, new RecordingHost()).note(steps);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"0"', '"1"'));
  const content = readJournal(path);
  t.deepEqual([content?.noted.map(({ title }) => title), content?.damaged], [['make a', 'route c'], 1]);
});

test('S9: a line that asks for something that is not ours counts as damaged', (t) => {
  const path = pathFor(t);
  const odd = [
    ['sh', '-c', 'x'],
    [1],
    { path: 'relative', text: '' },
    { path: '/x', text: 1 },
    { path: '/x', text: '', kept: '/y' },
    { path: '/x', kept: 'y', ifBegins: '' },
    { nft: 1 },
    ...['::/0', '2000::/96', 'fd00::/8', 'fd00::/96 or more', 7].map((prefix) => ({ forgetFlowsOf: prefix })),
    {},
    'ip',
    null,
  ];
  const journal = new Journal(path, place, new RecordingHost());
  journal.note(odd.map((undo, index) => ({ title: `odd ${index}`, run: [], undo: undo as unknown as string[] })));
  t.deepEqual([readJournal(path)?.noted, readJournal(path)?.damaged], [[], odd.length]);
});

test('what somebody else could have written is not read', (t) => {
  const path = pathFor(t);
  t.is(readJournal(path), undefined);
  new Journal(path, place, new RecordingHost()).note(steps);
  symlinkSync(path, `${path}-link`);
  t.throws(() => readJournal(`${path}-link`), { message: /^Cannot read the journal/ });
  chmodSync(path, 0o666);
  t.throws(() => readJournal(path), { message: /^Cannot read the journal/ });
  chmodSync(path, 0o600);
  appendFileSync(path, Buffer.alloc(1024 * 1024));
  t.throws(() => readJournal(path), { message: /^Cannot read the journal/ });
  writeFileSync(path, 'bis-journal 2\nx\n');
  t.throws(() => readJournal(path), { message: /does not begin with "bis-journal 1"/ });
});
