/** What every place of a name server has to let through: programs as they are, answers as they came, and no trace. */
import test from 'ava';
import type { Outcome } from '../lab/program.ts';
import { nodeCommand } from '../lab/tools.ts';
import { BOTH_IPV4, type NameServer } from './name-server.ts';
import { names, type Place, server } from './network.ts';
import { otherQuestions, question } from './questions.ts';
import { type Scene, setScene } from './scene.ts';
import { sshOptions } from './ssh-server.ts';

const { six, both, alias } = names;

/** An address of the spool the agent takes by default, 10.170.160.0/20, alone on a line. */
const SPOOL_LINE = /^10\.170\.1(6\d|7[0-5])\.\d+$/m;

/** Of UDP, on a machine that may be busy: at 2 Mbit/s the receiver's buffer lasts for 0.4 s while nobody reads it. */
const MOST_LOST_PERCENT = 2;

/** A program, what it is given, and how one sees that it worked. */
interface Use {
  readonly title: string;
  readonly argv: readonly string[];
  readonly input?: string;
  readonly worked: (outcome: Outcome) => boolean;
}

const says =
  (pattern: RegExp) =>
  ({ status, stdout }: Outcome): boolean =>
    status === 0 && pattern.test(stdout);

/** Whether iperf3 moved something, and of UDP lost next to nothing. */
function moved({ status, stdout }: Outcome): boolean {
  const { end } = JSON.parse(stdout) as { end: Record<string, { bytes: number; lost_percent?: number } | undefined> };
  const sum = end.sum_received ?? end.sum;
  return status === 0 && sum !== undefined && sum.bytes > 0 && (sum.lost_percent ?? 0) <= MOST_LOST_PERCENT;
}

const iperf3 = (...more: string[]): string[] => ['iperf3', '-4', '-c', six, '-J', '-t', '1', ...more];
const udp = ['-u', '-b', '2M', '-l', '1200'];
const page = /^Hello over IPv6\. You are 2001:db8:6::1\.$/m;

const uses = (ssh: readonly string[]): readonly Use[] => [
  { title: 'curl -4', argv: ['curl', '-sS', '-4', `http://${six}/`], worked: says(page) },
  { title: 'curl -4 by an alias', argv: ['curl', '-sS', '-4', `http://${alias}/`], worked: says(page) },
  { title: 'wget -4', argv: ['wget', '-4', '-q', '-O', '-', `http://${six}/`], worked: says(page) },
  {
    title: 'nc -4',
    argv: ['nc.openbsd', '-4', '-N', '-w', '3', six, '7'],
    input: 'echo this\n',
    worked: says(/^echo this$/m),
  },
  { title: 'ssh -4', argv: ['ssh', '-4', ...ssh, `root@${six}`, 'echo', 'inside'], worked: says(/^inside$/m) },
  { title: 'ping -4', argv: ['ping', '-4', '-c', '3', '-i', '0.2', six], worked: says(/ 3 received/) },
  { title: 'iperf3 -4, up', argv: iperf3(), worked: moved },
  { title: 'iperf3 -4, down', argv: iperf3('-R'), worked: moved },
  { title: 'iperf3 -4, UDP up', argv: iperf3(...udp), worked: moved },
  { title: 'iperf3 -4, UDP down', argv: iperf3(...udp, '-R'), worked: moved },
  { title: 'dig over UDP', argv: ['dig', '+short', '+notcp', six, 'A'], worked: says(SPOOL_LINE) },
  { title: 'dig over TCP', argv: ['dig', '+short', '+tcp', six, 'A'], worked: says(SPOOL_LINE) },
  { title: 'getent', argv: ['getent', 'ahostsv4', six], worked: says(/^10\.170\.1/) },
  { title: 'curl -6 beside it', argv: ['curl', '-sS', '-6', `http://${six}/`], worked: says(page) },
];

/** Declares the tests for one place of a name server. To be called once per test file, which is one process. */
export function testThroughTheBump(place: Place, nameServer: NameServer): void {
  const where = `${nameServer} as ${place.title}`;
  let scene: Scene;

  test.before(`${where}: bis daemon starts with nothing but its defaults`, async () => {
    scene = await setScene(place, nameServer);
    await scene.agent.start();
  });
  test.after.always(() => scene?.lab.demolish());

  for (const { title } of uses([])) {
    test.serial(`${where}: ${title} reaches an IPv6-only server by name`, async (t) => {
      const use = uses(sshOptions(scene.lab)).find((other) => other.title === title);
      const outcome = await scene.dual.run(use?.argv ?? [], use?.input === undefined ? {} : { input: use.input });
      const said = `${outcome.stdout}${outcome.stderr}`.slice(-800);
      t.true(use?.worked(outcome), `it ended with ${outcome.status}: ${said}`);
    });
  }

  /** The answers to `questions` as they arrive on `dual`, and as the server gives them to its own host. */
  const bothAnswers = async (transport: 'udp' | 'tcp', questions: readonly string[]): Promise<[string, string]> => {
    const ask = [...nodeCommand('test/interop/ask.ts'), transport];
    const caught = await scene.dual.must([...ask, place.nameServer, ...questions]);
    const direct = await scene.host6.must([...ask, server.ipv6, ...questions]);
    return [caught, direct];
  };

  for (const transport of ['udp', 'tcp'] as const) {
    test.serial(`E10: ${where}: other types over ${transport} are what the server sent, octet for octet`, async (t) => {
      const [caught, direct] = await bothAnswers(transport, otherQuestions());
      t.is(direct.trim().split('\n').length, otherQuestions().length);
      t.deepEqual(caught.split('\n'), direct.split('\n'));
    });
  }

  if (place.hasIpv4) {
    test.serial(`E2: ${where}: a name with an A record keeps it, octet for octet`, async (t) => {
      t.is(await scene.dual.must(['dig', '+short', both, 'A']), `${BOTH_IPV4}\n`);
      const [caught, direct] = await bothAnswers('udp', [question(both, 'A'), question(both, 'A', 'edns')]);
      t.is(caught, direct);
    });
  }

  if (!place.hasIpv4) {
    test.serial(`E20: ${where}: without an IPv4 route a name with both is reached over IPv6`, async (t) => {
      t.regex(await scene.dual.must(['dig', '+short', both, 'A']), SPOOL_LINE);
      t.regex(await scene.dual.must(['curl', '-sS', '-4', `http://${both}/`]), page);
    });
  }

  test.serial(`E14: ${where}: a spool address has the names it was asked for by`, async (t) => {
    const address = (await scene.dual.must(['dig', '+short', six, 'A'])).trim();
    const found = (await scene.dual.must(['dig', '+short', '-x', address])).trim().split('\n');
    t.true(found.includes(`${six}.`), found.join());
    const others = found.filter((name) => !Object.values<string>(names).includes(name.slice(0, -1)));
    t.deepEqual(others, []);
  });

  test.serial(`${where}: bis down leaves the host as it was, bis up brings everything back`, async (t) => {
    t.is((await scene.agent.tell('down')).status, 0);
    const left = await scene.dual.differencesSince(scene.before, 1000);
    t.deepEqual(
      left.filter((line) => !line.startsWith('+ processes: ')),
      [],
    );
    t.not((await scene.dual.run(['curl', '-sS', '-4', `http://${six}/`])).status, 0);
    t.is((await scene.agent.up()).status, 0);
    t.regex(await scene.dual.must(['curl', '-sS', '-4', `http://${six}/`]), page);
  });

  test.serial(`${where}: SIGTERM leaves the host as it was`, async (t) => {
    const { status, stderr } = await scene.agent.daemon.stop('SIGTERM', 5000);
    t.is(status, 0, stderr);
    t.deepEqual(await scene.dual.differencesSince(scene.before, 0), []);
  });

  test.serial(`S8a: ${where}: no packet with a ULA or a spool address was on the uplink`, async (t) => {
    t.deepEqual(await scene.watch.end(), { leaks: [], missed: 0 });
  });
}
