import test from 'ava';
import type { Mode } from '../control/agent.ts';
import { FollowedMode } from './followed-mode.ts';
import type { Questions } from './questions.ts';

/** Questions that only say what they were asked to do; `failing` names what rejects, once each. */
function followed(failing = new Set<string>()): {
  questions: FollowedMode;
  done: string[];
  host: { mode: Mode; now: number };
} {
  const done: string[] = [];
  const host: { mode: Mode; now: number } = { mode: 'resolv.conf', now: 0 };
  const act = async (what: string): Promise<void> => {
    done.push(what);
    if (failing.delete(what)) throw new Error(what);
  };
  const make = ({ mode }: { mode: Mode }): Questions => ({
    mode,
    refresh: async () => {
      await act(`refresh ${mode}`);
      return false;
    },
    renew: () => {},
    withdraw: () => act(`withdraw ${mode}`),
    close: () => act(`close ${mode}`),
    servers: () => [],
    because: () => [mode],
    gaps: () => [],
    unanswered: () => [],
  });
  const questions = new FollowedMode({
    first: { mode: 'resolv.conf', reasons: [] },
    decide: async () => ({ mode: host.mode, reasons: [] }),
    make,
    changed: () => act('changed'),
    log: { info: () => {} },
    now: () => host.now,
  });
  return { questions, done, host };
}

test('another mode is taken when the host has been another for ten seconds, and not before', async (t) => {
  const { questions, done, host } = followed();
  await questions.refresh();
  host.mode = 'resolved';
  t.false(await questions.refresh());
  host.now = 9999;
  t.false(questions.isDue());
  t.false(await questions.refresh());
  t.is(questions.mode, 'resolv.conf');
  host.now = 10_000;
  t.true(questions.isDue());
  t.true(await questions.refresh(), 'servers are others');
  t.deepEqual(questions.because(), ['resolved']);
  t.false(questions.isDue());
  await questions.refresh();
  t.deepEqual(done, [
    ...Array(3).fill('refresh resolv.conf'),
    'withdraw resolv.conf',
    'close resolv.conf',
    'refresh resolved',
    'changed',
    'refresh resolved',
  ]);
});

test('a service that is started again is no other host', async (t) => {
  const { questions, done, host } = followed();
  host.mode = 'listen';
  await questions.refresh();
  host.now = 5000;
  host.mode = 'resolv.conf';
  await questions.refresh();
  host.now = 20_000;
  t.false(questions.isDue());
  host.mode = 'listen';
  await questions.refresh();
  t.is(questions.mode, 'resolv.conf', 'the seconds are counted anew');
  t.false(done.some((what) => !what.startsWith('refresh resolv.conf')));
});

test('what fails is gone on with: withdrawing, and the new mode', async (t) => {
  const { questions, done, host } = followed(new Set(['withdraw resolv.conf', 'refresh resolved']));
  host.mode = 'resolved';
  await questions.refresh();
  host.now = 10_000;
  await t.throwsAsync(questions.refresh(), { message: 'withdraw resolv.conf' });
  t.true(questions.isDue());
  await t.throwsAsync(questions.refresh(), { message: 'refresh resolved' });
  t.true(await questions.refresh());
  t.is(questions.mode, 'resolved');
  t.deepEqual(done.slice(-3), ['refresh resolved', 'refresh resolved', 'changed']);
});
