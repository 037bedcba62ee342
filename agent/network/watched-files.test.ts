import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { placesOf } from './places.ts';
import { WatchedFiles } from './watched-files.ts';

/** A folder of its own for a test, where `conf` is in `etc` and folders of `run` come later. */
function folder(t: ExecutionContext): string {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'bis-watched-')));
  t.teardown(() => fs.rmSync(root, { recursive: true }));
  for (const name of ['etc', 'run']) fs.mkdirSync(path.join(root, name));
  return root;
}

/** Puts a file in the place of another, as those do who want no reader to see half of it. */
function replace(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

/** Watches, and tells how often was told since the last time, as soon as anything was. */
function watching(t: ExecutionContext, ...files: string[]): () => Promise<number> {
  let told = 0;
  const watched = new WatchedFiles(files, () => void told++);
  t.teardown(() => watched.close());
  return async () => {
    for (let waits = 0; told === 0 && waits < 500; waits++) await sleep(10);
    // All that a change has to say is said.
    await sleep(200);
    const times = told;
    told = 0;
    return times;
  };
}

test('a file that is made, written, replaced again and again, removed and made again is told of each time', async (t) => {
  const root = folder(t);
  const file = path.join(root, 'etc/conf');
  const told = watching(t, file);
  const change = async (what: string, action: () => void): Promise<void> => {
    action();
    t.not(await told(), 0, what);
  };
  await change('made', () => fs.writeFileSync(file, 'one'));
  await change('written', () => fs.writeFileSync(file, 'two'));
  // The number of the first thing may be free for the third.
  for (const text of ['three', 'four', 'five', 'six']) await change(text, () => replace(file, text));
  await change('written after all that', () => fs.appendFileSync(file, '!'));
  await change('removed', () => fs.rmSync(file));
  await change('made again', () => replace(file, 'seven'));
});

test('what happens to others in the same folder is not told', async (t) => {
  const root = folder(t);
  const file = path.join(root, 'etc/conf');
  fs.writeFileSync(file, 'one');
  const told = watching(t, file);
  fs.writeFileSync(path.join(root, 'etc/other'), 'one');
  replace(path.join(root, 'etc/another'), 'one');
  await sleep(300);
  replace(file, 'two');
  t.is(await told(), 1, 'the last alone, once');
});

test('a burst is told once, and what never becomes quiet is told all the same', async (t) => {
  const root = folder(t);
  const file = path.join(root, 'etc/conf');
  const told = watching(t, file);
  for (let line = 0; line < 50; line++) fs.appendFileSync(file, `${line}\n`);
  t.is(await told(), 1);
  let hasEnded = false;
  const writing = (async () => {
    while (!hasEnded) {
      fs.appendFileSync(file, 'more\n');
      await sleep(2);
    }
  })();
  t.not(await told(), 0);
  hasEnded = true;
  await writing;
});

test('a link that is switched, and what is replaced behind it, in another folder', async (t) => {
  const root = folder(t);
  const file = path.join(root, 'etc/conf');
  for (const name of ['one', 'two']) fs.mkdirSync(path.join(root, 'run', name));
  const behind = (name: string): string => path.join(root, 'run', name, 'conf');
  const toLink = (target: string): void => {
    fs.symlinkSync(target, `${file}.new`);
    fs.renameSync(`${file}.new`, file);
  };
  replace(behind('one'), 'a');
  replace(behind('two'), 'b');
  toLink('../run/one/conf');
  const told = watching(t, file);
  replace(behind('one'), 'c');
  t.not(await told(), 0, 'behind a relative link');
  toLink(behind('two'));
  t.not(await told(), 0, 'another link');
  replace(behind('two'), 'd');
  t.not(await told(), 0, 'behind an absolute link');
  replace(behind('one'), 'e');
  await sleep(300);
  replace(file, 'f');
  t.is(await told(), 1, 'what it led to before does not matter');
});

test('folders that come later, one in the other, and go and come again', async (t) => {
  const root = folder(t);
  const place = path.join(root, 'run/systemd/resolve');
  const file = path.join(place, 'conf');
  fs.symlinkSync('../run/systemd/resolve/conf', path.join(root, 'etc/conf'));
  const told = watching(t, path.join(root, 'etc/conf'), path.join(place, 'netif'));
  for (const round of ['first', 'second']) {
    fs.mkdirSync(place, { recursive: true });
    t.not(await told(), 0, `${round}: the folder`);
    replace(file, round);
    t.not(await told(), 0, `${round}: the file`);
    fs.mkdirSync(path.join(place, 'netif'));
    t.not(await told(), 0, `${round}: a watched folder`);
    replace(path.join(place, 'netif/2'), round);
    t.not(await told(), 0, `${round}: in it`);
    fs.rmSync(path.join(root, 'run/systemd'), { recursive: true });
    t.not(await told(), 0, `${round}: all gone`);
  }
});

test('links in a circle are watched as far as they lead, and looking for places ends', (t) => {
  const root = folder(t);
  const file = path.join(root, 'etc/conf');
  fs.symlinkSync('conf', file);
  const places = placesOf(file);
  t.true(places.length <= 41);
  t.deepEqual(places[0], { at: path.join(root, 'etc'), name: 'conf' });
  t.notThrows(() => watching(t, file));
});

test('what cannot be looked into is no reason to fail', (t) => {
  t.deepEqual(placesOf('/no/such/folder'), [{ at: '/', name: 'no' }]);
  t.notThrows(() => watching(t, '/proc/self/environ/none', '/', '/no/such/folder'));
});
