import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { bis } from '../testing/run-bis.ts';
import { temporaryDirectory } from '../testing/test-instance.ts';

test('usage errors exit 2 and say what is wrong', async (t) => {
  const rows: [string[], RegExp][] = [
    [['nonsense'], /^bis: unknown command 'nonsense'\n$/],
    [['status', '--nonsense'], /^bis: unknown option '--nonsense'\n$/],
    [['up', '--timeout', '0'], /It must be a number of seconds above 0 and up to 3600\.\n$/],
    [['down', '--timeout', '1e3'], /It must be a number of seconds above 0 and up to 3600\.\n$/],
    [['status', '--runtime-dir', ''], /It must not be empty\.\n$/],
    [['config', 'check'], /missing required argument 'file'/],
    [
      ['config', 'check', '/nonexistent'],
      /^bis: \/nonexistent: cannot be read \(ENOENT: no such file or directory\)\n$/,
    ],
    [['daemon', '--config', '/nonexistent'], /^bis: \/nonexistent: cannot be read/],
    [['up', '--runtime-dir', '/nonexistent/run', '--config', '/nonexistent'], /^bis: \/nonexistent: cannot be read/],
    [[], /^Usage: bis /],
  ];
  for (const [words, expected] of rows) {
    const { code, stdout, stderr } = await bis(...words);
    t.is(code, 2, words.join(' '));
    t.is(stdout, '');
    t.regex(stderr, expected);
  }
});

test('every command explains itself and lists the exit statuses', async (t) => {
  const config = ['config', 'config example', 'config check'];
  const commands = [
    'up',
    'down',
    'status',
    'mappings',
    'daemon',
    'stop',
    'restore',
    'trace',
    'doctor',
    'install',
    'uninstall',
    'translate',
    ...config,
  ];
  for (const command of ['', ...commands]) {
    const { code, stdout } = await bis(...command.split(' ').filter((word) => word !== ''), '--help');
    t.is(code, 0);
    t.regex(stdout, /^Usage: bis/);
    t.regex(stdout, /Exit status:\n {2}0 {2}done\n {2}1 {2}failed\n {2}2 .*\n {2}3 {2}not running\n {2}4 {2}degraded/);
  }
});

test('without a daemon every command that needs one exits 3', async (t) => {
  const runtimeDirectory = join(temporaryDirectory(t), 'run');
  for (const command of ['status', 'mappings', 'down', 'stop']) {
    const { code, stdout, stderr } = await bis(command, '--runtime-dir', runtimeDirectory);
    t.is(code, 3, command);
    t.is(stdout, '');
    t.is(stderr, `bis: No bis daemon is running (nobody answers at ${runtimeDirectory}/control/control.sock)\n`);
  }
});

test('config example is what config check takes', async (t) => {
  const example = await bis('config', 'example');
  const file = join(temporaryDirectory(t), 'bis.toml');
  writeFileSync(file, example.stdout);
  t.deepEqual(await bis('config', 'check', file), { code: 0, stdout: `${file} is good\n`, stderr: '' });
  writeFileSync(file, '[mapper]\nspoool = 1\n[log]\nlevel = "\u001b"\n'.replace('\u001b', '\\u001b'));
  const bad = await bis('config', 'check', file);
  t.is(bad.code, 2);
  t.is(bad.stdout, '');
  t.regex(bad.stderr, /:2: mapper\.spoool is not a key of the configuration\n/);
  t.regex(bad.stderr, /:4: log\.level must be "debug" or "info" or "warn" or "error"\n/);
});

test('the command line loads neither the daemon nor what it is made of', (t) => {
  const files = [
    'main',
    'up',
    'down',
    'status',
    'mappings',
    'stop',
    'restore',
    'start-daemon',
    'status-text',
    'command',
    'daemon',
    'translate',
  ];
  for (const file of files) {
    const source = readFileSync(new URL(`./${file}.ts`, import.meta.url), 'utf8');
    t.notRegex(
      source,
      /^import .* from '(koffi|pino|\.\.\/(daemon|data-plane|\.\.\/(resolver|translator)|control\/server).*)'/m,
      file,
    );
  }
});
