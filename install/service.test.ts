/** The unit of the service (S10, S11): what must be in it. */
import { readFileSync } from 'node:fs';
import test from 'ava';

const unit = readFileSync(new URL('./bis.service', import.meta.url), 'utf8');
const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

test('S11: a user of its own, three capabilities, and no more', (t) => {
  t.is(value('User'), 'bis');
  t.is(value('AmbientCapabilities'), 'CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_BPF');
  t.is(value('CapabilityBoundingSet'), value('AmbientCapabilities'));
  t.is(value('NoNewPrivileges'), 'yes');
  t.is(value('MemoryDenyWriteExecute'), '', 'it would end V8');
  t.is(value('UMask'), '0077');
});

test('S10: what Node and the loader would take from the environment is not there', (t) => {
  const unset = value('UnsetEnvironment').split(' ');
  for (const name of ['NODE_OPTIONS', 'NODE_PATH', 'LD_PRELOAD', 'LD_LIBRARY_PATH']) t.true(unset.includes(name), name);
});

test('S5: a death is followed by what undoes it', (t) => {
  t.is(value('ExecStopPost'), '@BIS@ restore');
  t.is(value('KillMode'), 'mixed', 'or systemd would end the janitor');
});

test('E16, S11: caches are flushed with full privileges when it comes and when it has gone, and a failure of that is none', (t) => {
  const lines = unit.split('\n').filter((line) => /^Exec\w+=[^@]*\+/.test(line));
  t.deepEqual(lines, ['ExecStartPost=-+@BIS@ flush --caches', 'ExecStopPost=-+@BIS@ flush --caches']);
  t.true(unit.indexOf('ExecStopPost=@BIS@ restore') < unit.indexOf('ExecStopPost=-+'), 'when nothing answers any more');
});
