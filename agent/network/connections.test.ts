import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { parseIpv4Prefix } from '../../mapper/address/prefix.ts';
import { Spool } from '../../mapper/spool.ts';
import { KernelConnections } from './connections.ts';

const ranges = ['10.0.0.0/24', '10.9.0.0/24'].map(parseIpv4Prefix).filter((range) => range !== undefined);
const spool = new Spool(ranges);

/** A kernel that answers with these texts, one after the other; `undefined` is a failure. */
function scene(answers: readonly (string | undefined)[]) {
  const clock = { now: 1_700_000_000_500 };
  const asked: string[] = [];
  const problems: string[] = [];
  const host = new RecordingHost();
  host.run = async (argv) => {
    const answer = answers[asked.length];
    asked.push(argv.join(' '));
    if (answer === undefined) throw new Error('no ss');
    return answer;
  };
  const report = ({ message }: Error): void => void problems.push(message);
  const connections = new KernelConnections({ host, spool, report, now: () => clock.now });
  return { connections, asked, problems, clock, host };
}

const LINES = `ESTAB    0      0      172.21.112.1:40000  10.0.0.7:80
SYN-SENT 0      1      172.21.112.1:40002  10.9.0.1:443
ESTAB    0      0      [::ffff:172.21.112.1]:40004    [::ffff:10.0.0.9]:22
ESTAB    0      0      192.0.2.1:40006     192.0.2.9:22
`;

test('M11: the kernel is asked for what is connected to the spool, whatever the socket, and not in TIME-WAIT', async (t) => {
  const { connections, asked } = scene([LINES]);
  t.is(connections.askedAt, 0);
  await connections.ask();
  t.deepEqual(asked, ['ss -Hatn exclude time-wait dst 10.0.0.0/24 or dst 10.9.0.0/24']);
  t.is(connections.askedAt, 1_700_000_000);
  const connected = Array.from({ length: spool.size }, (_, position) => position).filter((position) =>
    connections.has(position),
  );
  t.deepEqual(connected, [7, 9, 257]);
});

test('M11: the kernel is asked once a second at most, and all who wait get the same answer', async (t) => {
  const { connections, asked, clock } = scene([LINES, '', '']);
  await Promise.all([connections.ask(), connections.ask(), connections.ask()]);
  clock.now += 999;
  await connections.ask();
  t.is(asked.length, 1);
  t.true(connections.has(7));
  clock.now += 1;
  await connections.ask();
  t.is(asked.length, 2);
  t.false(connections.has(7));
  clock.now -= 3_600_000;
  await connections.ask();
  t.is(asked.length, 3);
});

test('M11: a kernel that cannot be asked is said once, and nothing is concluded from older answers', async (t) => {
  const { connections, problems, clock } = scene([LINES, undefined, undefined, LINES]);
  await connections.ask();
  for (const count of [1, 1]) {
    clock.now += 1000;
    await connections.ask();
    t.is(connections.askedAt, 0);
    t.is(problems.length, count);
  }
  clock.now += 1000;
  await connections.ask();
  t.true(connections.has(7));
});

test('M11: an answer that cannot be read is none, and it is said', async (t) => {
  for (const garbage of ['what is this\n', `${LINES}Segmentation fault`, '\0\0\0', `${LINES}ESTAB 0 0 10.0.0.7:80`]) {
    const { connections, problems } = scene([garbage]);
    await connections.ask();
    t.is(connections.askedAt, 0, garbage);
    t.false(connections.has(7));
    t.deepEqual(problems, ['Cannot ask the kernel for TCP connections']);
  }
});

test('M11: nobody waits for long when ss hangs; what it says in the end counts, as of when it was asked', async (t) => {
  const { connections, host, clock } = scene([]);
  let answer = (_: string): void => {};
  host.run = () => new Promise((resolve) => (answer = resolve));
  await Promise.all([connections.ask(), connections.ask()]);
  t.is(connections.askedAt, 0);
  clock.now += 5000;
  answer(LINES);
  await connections.ask();
  t.is(connections.askedAt, 1_700_000_000);
  t.true(connections.has(7));
});

test('M11: a long answer is read in slices', async (t) => {
  const line = (number: number): string => `ESTAB 0 0 172.21.112.1:${number} 10.0.0.${number % 256}:80\n`;
  const { connections } = scene([Array.from({ length: 5000 }, (_, number) => line(number)).join('')]);
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const counter = (): void => {
    turns++;
    handle = setImmediate(counter);
  };
  let handle = setImmediate(counter);
  await connections.ask();
  clearImmediate(handle);
  clearInterval(counting);
  t.true(turns >= 4);
  t.true(connections.has(255));
});
