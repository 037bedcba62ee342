/** `bis map`, `bis flush` and `bis mappings --watch`, run as processes against a fake agent behind the real socket. */
import { spawn } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { bis, launcher } from '../testing/run-bis.ts';
import { openInstance } from '../testing/test-instance.ts';

async function running(t: ExecutionContext) {
  const instance = await openInstance(t);
  return { ...instance, command: (...words: string[]) => bis(...words, '--runtime-dir', instance.runtimeDirectory) };
}

test('M17: map add says what has become of it, and what cannot be is a usage error before anybody is asked', async (t) => {
  const { agent, command } = await running(t);
  const row = { ipv4: '192.0.2.7', ipv6: '2001:db8::7', name: null, isConfigured: false, state: 'active' } as const;
  agent.explicitRows = [row];
  t.deepEqual(await command('map', 'add', '192.0.2.7/32', '2001:db8::7'), {
    code: 0,
    stdout: '192.0.2.7 stands for 2001:db8::7\n',
    stderr: '',
  });
  agent.explicitRows = [{ ...row, state: 'waiting' }];
  t.is((await command('map', 'add', '192.0.2.7', '2001:db8::7', '--now')).stdout, '192.0.2.7 waits until bis is up\n');
  agent.state = 'up';
  t.regex((await command('map', 'add', '192.0.2.7', '2001:db8::7')).stdout, /^192\.0\.2\.7 waits until the spool/);
  agent.explicitRows = [{ ...row, ipv6: null, name: 'six.example', state: 'unresolved' }];
  t.is(
    (await command('map', 'add', '192.0.2.7', 'Six.Example.')).stdout,
    '192.0.2.7 will stand for six.example when it has an address\n',
  );
  t.is((await command('map', 'remove', '192.0.2.7')).stdout, '192.0.2.7 stands for nobody\n');
  const [first, second, , third, fourth] = agent.calls;
  t.regex(first ?? '', /^map \{.*"length":128.*\}$/);
  t.regex(second ?? '', / now$/);
  t.regex(third ?? '', /"name":"six\.example"/);
  t.regex(fourth ?? '', /^unmap /);
  for (const [ipv4, to] of [
    ['192.0.2.300', '2001:db8::7'],
    ['192.0.2.7', '2001:db8::7::1'],
    ['10.0.0.0/8', '2001:db8::/120'],
    ['192.0.2.0/24', 'six.example'],
    ['192.0.2.7', '192.0.2.8'],
  ] as const) {
    const { code, stderr } = await command('map', 'add', ipv4, to);
    t.is(code, 2, `${ipv4} ${to}`);
    t.regex(stderr, /^bis: Cannot map /);
  }
  t.is(agent.calls.length, 5);
});

test('M17: map list is a table', async (t) => {
  const { agent, command } = await running(t);
  agent.explicitRows = [
    { ipv4: '192.0.2.7', ipv6: '2001:db8::7', name: 'six.example', isConfigured: false, state: 'active' },
    { ipv4: '198.51.100.0/24', ipv6: '2001:db8:1::/120', name: null, isConfigured: true, state: 'waiting' },
  ];
  t.is(
    (await command('map', 'list')).stdout,
    `IPV4             IPV6              STATE    FROM           NAME
192.0.2.7        2001:db8::7       active   command        six.example
198.51.100.0/24  2001:db8:1::/120  waiting  configuration  -
`,
  );
  t.deepEqual(JSON.parse((await command('map', 'list', '--json')).stdout), { explicit: agent.explicitRows });
});

test('M20: flush takes an address of either family, or all, and force', async (t) => {
  const { agent, command } = await running(t);
  t.deepEqual(await command('flush'), { code: 0, stdout: '3 mappings ended, 1 in use or promised\n', stderr: '' });
  for (const words of [['--all'], ['10.170.160.9'], ['2001:db8::9', '--force'], ['--all', '--force']]) {
    t.is((await command('flush', ...words)).code, 0);
  }
  t.deepEqual(agent.calls, [
    'flush all',
    'flush all',
    'flush 10.170.160.9',
    'flush 2001:db8::9 force',
    'flush all force',
  ]);
  t.is((await command('flush', 'six.example')).code, 2);
  t.is((await command('flush', '10.170.160.9', '--all')).code, 2);
});

test('mappings --watch goes on, in JSON a line each time', async (t) => {
  const { runtimeDirectory } = await openInstance(t);
  const words = ['mappings', '--watch', '--json', '--runtime-dir', runtimeDirectory];
  const child = spawn(launcher, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const deadline = Date.now() + 30_000;
  while (text.split('\n').length < 4 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill();
  const lines = text.split('\n').slice(0, 3);
  t.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [{ mappings: [] }, { mappings: [] }, { mappings: [] }],
  );
});
