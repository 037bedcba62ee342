/** Every command that talks to a daemon, run as a process against a fake agent behind the real sockets. */
import test, { type ExecutionContext } from 'ava';
import { BadRequest, Conflict } from '../control/bad-request.ts';
import { fakeStatus, fakeUp } from '../testing/fake-agent.ts';
import { bis, launcher, run } from '../testing/run-bis.ts';
import { openInstance } from '../testing/test-instance.ts';

/** The user that owns nothing and is in no group of ours. */
const NOBODY = { uid: 65534, gid: 65534 };

/** A fake agent behind the real socket, and the command line pointed at it. */
async function running(t: ExecutionContext) {
  const instance = await openInstance(t);
  return { ...instance, command: (...words: string[]) => bis(...words, '--runtime-dir', instance.runtimeDirectory) };
}

test('status tells the state by its exit status, and all by its JSON', async (t) => {
  const { agent, command } = await running(t);
  const expected = { down: 3, starting: 3, up: 0, degraded: 4, stopping: 3 } as const;
  for (const state of ['down', 'starting', 'up', 'degraded', 'stopping'] as const) {
    agent.state = state;
    const { code, stdout } = await command('status', '--json');
    t.is(code, expected[state], state);
    const more = state === 'up' || state === 'degraded' ? fakeUp : {};
    t.deepEqual(JSON.parse(stdout), { ...fakeStatus, ...more, state });
  }
});

test('status is aligned and short', async (t) => {
  const { agent, command } = await running(t);
  agent.state = 'degraded';
  agent.reasons = [
    { code: 'forward-drop', text: 'Docker drops what is forwarded', command: 'iptables -I DOCKER-USER' },
  ];
  const { stdout } = await command('status');
  t.is(
    stdout.replace(/for .* \(pid \d+\)/, 'for 2 min (pid 7)'),
    `bis 0.1.0 is degraded, for 2 min (pid 7)
  ! Docker drops what is forwarded
    iptables -I DOCKER-USER
  device    bis0, mtu 1480, 1 queue, offload csum tso4 tso6, 31 unread
  spool     10.170.160.0/20, 3 of 4094 used, 2 held, 1 strangers, 7 assigned, 4 recycled, 1 refused, 10.170.224.0/20 closing
  self      fd5e:1e46:9d02::/96
  uplinks   eth0
  source    2001:db8:2::7 on eth0
  detached  2001:db8:1::/64 on eth0: fe80::1 does not answer
  exposed   tcp/8080
  resolver  snoop, 12 questions, 3 synthesized, 1 spool used up
  why       The kernel can catch questions, so that no file has to be changed.
  A/AAAA    3 nodata/usable, 5 usable/any
  server    127.0.0.53#53 on lo, answered at 127.0.0.1#40053
  server    fe80::53%eth0#53 on eth0, not caught
  to IPv6   1234 packets, 5.3 MB, 2 dropped-multicast
  to IPv4   2345 packets, 98.8 kB
`,
  );
});

test('D10: a name cannot put anything but printable ASCII on the terminal', async (t) => {
  const { agent, command } = await running(t);
  const hostile = 'a\u001b[2J\u0007\r\n10.0.0.1 \u009b31m\u202egpj.\u0000\u007f$(id)é😀';
  const row = { ipv4: '10.170.160.1', ipv6: '2001:db8::1', names: [hostile], ageSeconds: 61, promisedForSeconds: 59 };
  agent.rows = [{ ...row, lastPacketSecondsAgo: 0, state: 'promised', packets: 12, octets: 3456, isStranger: true }];
  const text = await command('mappings');
  t.is(
    text.stdout,
    `IPV4          IPV6         STATE               AGE        PROMISED  LAST PACKET  PACKETS  OCTETS  NAMES
10.170.160.1  2001:db8::1  promised, stranger  1 min 1 s  for 59 s  0 s ago      12       3.5 kB  a\\x1b[2J\\x07\\x0d\\x0a10.0.0.1 \\x9b31m\\u{202e}gpj.\\x00\\x7f$(id)\\xe9\\u{1f600}
`,
  );
  const json = await command('mappings', '--json');
  t.regex(json.stdout, /^[\n -~]*$/);
  t.deepEqual(JSON.parse(json.stdout), { mappings: agent.rows });
  t.is(json.code, 0);
});

test('up and down return what was reached', async (t) => {
  const { agent, command } = await running(t);
  t.deepEqual(await command('up', '--timeout', '7'), { code: 0, stdout: 'bis is up\n', stderr: '' });
  t.deepEqual(await command('down', '--timeout', '8'), { code: 0, stdout: 'bis is down\n', stderr: '' });
  agent.reaches = 'degraded';
  agent.because = [{ code: 'x', text: 'It limps', command: 'mend it' }];
  t.deepEqual(await command('up'), {
    code: 4,
    stdout: 'bis is up, but degraded:\n  ! It limps\n    mend it\n',
    stderr: '',
  });
  agent.reaches = 'down';
  t.deepEqual(await command('up'), {
    code: 1,
    stdout: '',
    stderr: 'bis: Cannot start translating\nbis:   ! It limps\nbis:     mend it\n',
  });
  agent.down = async () => ({ ...fakeStatus, state: 'stopping' });
  t.deepEqual(await command('down', '--timeout', '2'), {
    code: 1,
    stdout: '',
    stderr: 'bis: Not down within 2 s; the state is stopping\n',
  });
  const [first, second] = agent.calls;
  t.regex(first ?? '', /^up [3-7]\d\d\d/);
  t.is(second, 'down 8000');
});

test('E16: flush --caches needs no daemon, and goes with nothing else', async (t) => {
  const directory = ['--runtime-dir', '/nonexistent/bis'];
  const { code, stdout, stderr } = await bis('flush', '--caches', ...directory);
  // What runs on this machine is anybody's guess.
  t.regex(stdout + stderr, /^(Flushed: |No program of this host keeps answers|bis: Cannot flush the cache of )/);
  t.is(code, stderr === '' ? 0 : 1);
  for (const words of [['10.170.160.1'], ['--all'], ['--force']]) {
    const refused = await bis('flush', '--caches', ...words, ...directory);
    t.is(refused.code, 2);
    t.regex(refused.stderr, /^bis: Cannot flush mappings with --caches/);
  }
});

test('the exit status says whether the words are wrong, or it cannot be done as things stand', async (t) => {
  const { agent, command } = await running(t);
  const words = [
    ['resolve', 'six.example', 'FOO'],
    ['explain', 'six.example', 'FOO'],
    ['map', 'add', '127.0.0.1', '2001:db8::7'],
    ['map', 'remove', '192.0.2.7'],
    ['flush', '2001:db8::9'],
    ['expose', 'tcp/22'],
    ['unexpose', 'tcp/22'],
  ];
  for (const [refusal, code] of [
    [new BadRequest('Cannot ask for "FOO": it is no type'), 2],
    [new Conflict('Cannot map: something is in the way'), 1],
    [new Error('Cannot do it'), 1],
  ] as const) {
    agent.refusal = refusal;
    for (const each of words)
      t.deepEqual(await command(...each), { code, stdout: '', stderr: `bis: ${refusal.message}\n` }, each.join(' '));
  }
  t.is(agent.calls.length, 3 * words.length);
});

test('stop returns when the daemon has ended', async (t) => {
  const { agent, control, command } = await running(t);
  let ended = false;
  agent.onStop = () => {
    setTimeout(() => {
      ended = true;
      control.close();
    }, 300);
  };
  t.deepEqual(await command('stop'), { code: 0, stdout: 'bis has stopped\n', stderr: '' });
  t.true(ended);
  agent.onStop = () => {};
});

test('stop says so when the daemon does not end in time', async (t) => {
  const { command } = await running(t);
  const outcome = await command('stop', '--timeout', '0.2');
  t.deepEqual(outcome, { code: 1, stdout: '', stderr: 'bis: Not stopped within 0.2 s\n' });
});

test('S8: nobody may look, and may not touch', async (t) => {
  const { agent, runtimeDirectory } = await running(t);
  agent.state = 'up';
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot) {
    // The sockets' mode bits are tested with the control socket; another user takes root to become.
    t.is((await bis('status', '--runtime-dir', runtimeDirectory)).code, 0);
    return;
  }
  const asNobody = (command: string) => run([launcher, command, '--runtime-dir', runtimeDirectory], NOBODY);
  t.is((await asNobody('status')).code, 0);
  t.is((await asNobody('mappings')).code, 0);
  for (const command of ['up', 'down', 'stop']) {
    const { code, stderr } = await asNobody(command);
    t.is(code, 1, command);
    t.regex(stderr, /^bis: This needs root, or membership in the group bis \(/);
  }
  const program = `require('net').connect(process.argv[1]).on('error', (error) => console.log(error.code))`;
  const raw = await run([process.execPath, '-e', program, `${runtimeDirectory}/control/control.sock`], NOBODY);
  t.is(raw.stdout, 'EACCES\n');
  t.deepEqual(agent.calls, []);
});

test('a reader that has seen enough is no failure', async (t) => {
  const { agent, runtimeDirectory } = await running(t);
  const row = {
    ipv6: '2001:db8::1',
    names: [],
    packets: 0,
    octets: 0,
    ageSeconds: 0,
    promisedForSeconds: 0,
    lastPacketSecondsAgo: null,
    isStranger: false,
  };
  agent.rows = Array.from({ length: 20_000 }, () => ({ ...row, ipv4: '10.170.160.1', state: 'idle' as const }));
  const script = `{ '${launcher}' mappings --runtime-dir '${runtimeDirectory}'; echo "status $?" >&2; } | head -n 1`;
  const { stdout, stderr } = await run(['/bin/sh', '-c', script]);
  t.regex(stdout, /^IPV4 /);
  t.is(stderr, 'status 0\n');
});

test('expose and unexpose take ports as they are written, and say what is exposed now', async (t) => {
  const { agent, command } = await running(t);
  t.like(await command('expose', 'tcp/22', 'udp/5000-5010'), { code: 0, stdout: 'nothing is exposed\n' });
  agent.state = 'up';
  t.like(await command('unexpose', 'tcp/22'), { code: 0, stdout: 'exposed: tcp/8080\n' });
  t.deepEqual(agent.calls, [
    'expose [{"protocol":"tcp","first":22,"last":22},{"protocol":"udp","first":5000,"last":5010}]',
    'unexpose [{"protocol":"tcp","first":22,"last":22}]',
  ]);
  for (const words of [['expose'], ['expose', '22'], ['unexpose', 'tcp/0'], ['expose', 'tcp/1', 'sctp/1']]) {
    t.like(await command(...words), { code: 2, stdout: '' });
  }
  t.is(agent.calls.length, 2, 'what is no port is not even asked for');
});
