/** A configuration with keys that are not ours: every one of them is told. */
import test from 'ava';
import { ConfigError, parseConfig } from './parse-config.ts';

/** Each problem as `line key`. */
function problems(toml: string): string[] {
  try {
    parseConfig(toml);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, key, text }) => `${line} ${key}: ${text}`);
  }
}

test('all keys that are none of ours are named at once, beside what else is wrong', (t) => {
  const toml = 'a = 1\ntoString = 2\n[resolver]\nb = 1\nconstructor = 1\nmode = "loud"\n[foo]\nc = 1\n';
  const found = problems(toml);
  t.deepEqual(
    found.filter((line) => line.endsWith('is not a key of the configuration')).map((line) => line.split(':')[0]),
    ['1 a', '2 toString', '4 resolver.b', '5 resolver.constructor', '7 foo'],
  );
  t.is(found.length, 6);
  t.regex(found[4] ?? '', /^6 resolver\.mode: /);
});

test('a file in which everything is wrong is judged all the same, the lines of what comes late untold', (t) => {
  const lines = Array.from({ length: 5000 }, (_, number) => `wrong${number} = 1\n`);
  const found = problems(`[mapper]\n${lines.join('')}`);
  t.is(found.length, 5000);
  t.true(found.includes('2 mapper.wrong0: is not a key of the configuration'));
  t.true(found.includes('undefined mapper.wrong4999: is not a key of the configuration'));
});
