/**
 * A stub that asks the agent that asks it (D7), a dnsmasq that we did not write; rings of agents are tested beside
 * `resolver/refuse-loops.ts`. Needs root.
 * ```
 *   dig ──► bis 127.0.0.1:53 ──► dnsmasq 127.0.0.1:5300 ──► bis 127.0.0.1:53 ──► …
 * ```
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { Agent } from '../lab/agent.ts';
import type { Program } from '../lab/program.ts';
import { toolCommand } from '../lab/tools.ts';
import { type Court, dig, setCourt } from './judging.ts';

let court: Court;
let stub: Program;

/** A stub on port 5300 that asks 127.0.0.1 at a port, and says what it was asked. */
async function startStub(to: number): Promise<Program> {
  const words = [
    '--conf-file=/dev/null',
    '--user=root',
    '--pid-file=',
    '--log-facility=-',
    '--no-resolv',
    '--no-hosts',
  ];
  const place = ['--port=5300', '--listen-address=127.0.0.1', '--bind-interfaces', `--server=127.0.0.1#${to}`];
  const program = court.dual.start([
    ...toolCommand('dnsmasq'),
    '--keep-in-foreground',
    ...words,
    ...place,
    '--cache-size=0',
    '--log-queries',
  ]);
  await program.says(/started, version/);
  return program;
}

async function startAgent(agent: Agent, listen: number, upstream: number): Promise<void> {
  const config = path.join(court.lab.directory, `listen-${listen}.toml`);
  const lines = [
    '[resolver]',
    'mode = "listen"',
    `listen = ["127.0.0.1:${listen}"]`,
    `upstreams = ["127.0.0.1:${upstream}"]`,
  ];
  fs.writeFileSync(config, [...lines, ''].join('\n'));
  // It will never be wholly up.
  await agent.start(10_000, '--down', '--config', config);
  await agent.tell('up');
}

test.before(async () => {
  court = await setCourt('127.0.0.1');
});
test.after.always(() => court?.lab.demolish());

async function reasons(agent: Agent): Promise<string[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const codes = ((await agent.status())?.reasons ?? []).map(({ code }) => code);
    if (codes.includes('server-loop') || performance.now() > deadline) return codes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const names = ['six.example', 'seven.example'] as const;

/** How often the stub was asked for one of the names; the agent asks it for others of its own accord. */
const questions = (): number =>
  [...(stub.stdout + stub.stderr).matchAll(/query\[\w+\] (\S+)/g)].filter(([, name = '']) =>
    (names as readonly string[]).includes(name),
  ).length;

test.serial('D7: a stub that asks us is noticed and said, and is asked no more', async (t) => {
  stub = await startStub(53);
  await startAgent(court.agent, 53, 5300);
  t.deepEqual(await reasons(court.agent), ['server-loop']);
  for (const name of names) t.is(await dig(court.dual, '127.0.0.1', name), 'SERVFAIL');
  t.regex(stub.stdout + stub.stderr, /query\[/, 'it does say what it is asked');
  t.is(questions(), 0);
  const { stdout } = await court.agent.tell('explain', 'six.example');
  t.regex(stdout, /127\.0\.0\.1#5300 is not asked: it passes questions back to this daemon/);
});

test.serial('D7: the process lives, and the host is as it was when it has ended', async (t) => {
  await stub.stop();
  t.true(court.agent.daemon.isRunning);
  t.is((await court.agent.status())?.state, 'degraded');
  t.deepEqual(await court.stop(), []);
});
