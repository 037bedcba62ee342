import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { PassOthers } from './pass-others.ts';

const gone = 'system.slice/gone.service';

/** Lets these programs pass on a host where nobody listens; the kernel knows no control group that is `gone`. */
function passing(except: ConstructorParameters<typeof PassOthers>[0]['except'], host = new RecordingHost()) {
  const done: string[] = [];
  const run = (commands: string): string => {
    if (commands.includes(gone)) throw new Error('cgroupv2 path fails: No such file or directory\nadd rule …');
    const [four = '', six = ''] = commands.split(/(?=flush chain ip6)/);
    if (six.replaceAll('ip6 bis', 'ip bis') !== four) throw new Error(`Of the families not the same: ${commands}`);
    done.push(four.replaceAll('ip bis pass', 'pass').trim());
    return '';
  };
  const log = { info: () => {}, warn: (_: unknown, text: string) => void done.push(text) };
  return { pass: new PassOthers({ table: 'bis', host, nft: { run }, except, log: log as never }), done };
}

test('D12: a control group that the kernel does not know is a reason, and the others pass', async (t) => {
  const { pass, done } = passing([
    { kind: 'user', user: '104' },
    { kind: 'cgroup', path: 'system.slice/a.service' },
    { kind: 'cgroup', path: gone },
  ]);
  const reasons = await pass.follow([]);
  t.deepEqual(
    reasons.map(({ text }) => text),
    [`Questions of the control group ${gone} do not pass: cgroupv2 path fails: No such file or directory.`],
  );
  t.is(
    done.at(-1),
    'flush chain pass\nadd rule pass meta skuid 104 accept\nadd rule pass socket cgroupv2 level 2 "system.slice/a.service" accept',
  );
  const before = done.length;
  t.deepEqual(await pass.follow([]), reasons, 'as long as it is so');
  t.is(done.length, before, 'and nothing is set again');
});

test('D12: where nobody can be seen to listen, that is told once', async (t) => {
  const host = new RecordingHost();
  host.failing.set('ss', 'not found');
  const { pass, done } = passing([], host);
  t.deepEqual(await pass.follow([]), []);
  t.deepEqual(await pass.follow([]), []);
  t.is(done.filter((line) => line === 'Cannot see who listens on port 53').length, 1);
});
