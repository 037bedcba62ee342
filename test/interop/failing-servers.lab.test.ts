/**
 * Two servers behind one listener, as `listen` has it, of which the first fails in every way there is: the other one is
 * enough, for 99.9 of 100 questions, and nothing that was forged is believed. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { nodeCommand } from '../lab/tools.ts';
import { type Court, FAULTY, setCourt } from './judging.ts';

/** Where a second faulty server answers rightly. */
const SOUND = '2001:db8:6::54';
const QUESTIONS = 2000;

let court: Court;
test.before(async () => {
  court = await setCourt(FAULTY, SOUND);
  await court.host6.must(['ip', '-6', 'address', 'add', `${SOUND}/64`, 'dev', 'eth0', 'nodad']);
  const sound = court.host6.start([...nodeCommand('test/interop/faulty-server.ts'), SOUND, '53', 'nodata-good']);
  await sound.says(/ready/);
  const config = path.join(court.lab.directory, 'listen.toml');
  const upstreams = `upstreams = ["[${FAULTY}]:53", "[${SOUND}]:53"]`;
  fs.writeFileSync(config, `[resolver]\nmode = "listen"\nlisten = ["127.0.0.1:53"]\n${upstreams}\n`);
  await court.agent.start(10_000, '--config', config);
});
test.after.always(() => court?.lab.demolish());

/** How the first server answers A and AAAA; the second has no A and a good AAAA. */
for (const fault of [
  'nodata-good',
  'silent-silent',
  'servfail-servfail',
  'refused-refused',
  'garbage-garbage',
  'nodata-truncated',
  'wrongid-wrongid',
  'wrongname-wrongname',
  'nodata-forged',
  'nodata-slow',
  'killed',
]) {
  test.serial(`E19, D1: the first server is ${fault}: of ${QUESTIONS} names 99.9 % are synthesized`, async (t) => {
    t.timeout(120_000);
    if (fault === 'killed') await court.faulty.stop('SIGKILL');
    const file = path.join(court.lab.directory, 'questions');
    const names = Array.from({ length: QUESTIONS }, (_, index) => `${fault}.q${index}.fault.example A\n`);
    fs.writeFileSync(file, names.join(''));
    const synthesized = async (): Promise<number> =>
      (await court.agent.status())?.resolver?.counters.synthesized ?? Number.NaN;
    const before = await synthesized();
    const argv = ['dnsperf', '-s', '127.0.0.1', '-d', file, '-n', '1', '-q', '20', '-t', '6', '-Q', '500'];
    const out = await court.dual.must(argv, undefined, 100_000);
    t.true(Number(/NOERROR (\d+)/.exec(out)?.[1] ?? 0) >= 0.999 * QUESTIONS, out);
    const made = (await synthesized()) - before;
    t.true(made >= 0.999 * QUESTIONS, `${made} synthesized`);
  });
}

test.serial('D1, D3: of all that was forged nothing was mapped', async (t) => {
  const { stdout } = await court.agent.tell('mappings');
  t.regex(stdout, /2001:db8:6::9\b/);
  t.notRegex(stdout, /2001:db8:bad::/);
});

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await court.stop(), []);
});
