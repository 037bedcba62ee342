/**
 * `npm run demo`: what `bis` does, on real packets, between two network namespaces. Every step is checked while it is
 * shown, and the exit status is 0 only if all of them held. Needs root and no network; touches nothing outside.
 * ```
 *         dual                              host6
 *   eth0  2001:db8:6::1  198.51.100.1 ────  eth0  2001:db8:6::2     HTTP, DNS
 * ```
 */

import fs from 'node:fs';
import { explain } from '../agent/life-cycle.ts';
import { parseIpv4 } from '../mapper/address/ipv4.ts';
import { ipv4PrefixContains, parseIpv4Prefix } from '../mapper/address/prefix.ts';
import { formatPacketBuffer } from '../translator/packet-text.ts';
import { Agent } from './lab/agent.ts';
import { Lab } from './lab/lab.ts';
import type { LabHost } from './lab/lab-host.ts';
import { pair, SERVER } from './lab/networks.ts';
import { packetsDuring } from './lab/packets-during.ts';
import type { Outcome } from './lab/program.ts';
import { aspects, type Snapshot } from './lab/snapshot.ts';
import { nodeCommand } from './lab/tools.ts';

const NAME = 'six.example';
const PAGE = `http://${NAME}/`;
const RECORD = `${NAME}. 300 IN AAAA ${SERVER}`;
const ZONE = `example. 300 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 30\n${RECORD}\n`;
const MEGABYTES_100 = 100_000_000;

/** Where the walk takes place. */
interface Stage {
  readonly dual: LabHost;
  readonly agent: Agent;
  /** How `dual` was before anything was done. */
  readonly before: Snapshot;
}

const bold = (text: string): string => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);

function say(text: string): void {
  for (const line of text.split('\n')) if (line !== '') console.log(`   ${line}`);
}

/** Says what was seen to hold, or ends the walk. */
function hold(isSo: boolean, text: string): void {
  if (!isSo) throw new Error(`This does not hold: ${text}`);
  say(`✔ ${text}`);
}

/** Shows a command, runs it, and shows what it says; of that, only lines that match `shown`. */
async function show(line: string, run: () => Promise<Outcome>, shown = /./): Promise<Outcome> {
  say(bold(`$ ${line}`));
  const outcome = await run();
  const lines = (outcome.stdout + outcome.stderr).split('\n');
  say(lines.filter((text) => shown.test(text)).join('\n'));
  return outcome;
}

/** Shows and runs a program on `dual`. */
const type = (dual: LabHost, line: string, shown?: RegExp): Promise<Outcome> =>
  show(line, () => dual.run(line.split(' ')), shown);

async function failWithoutBis({ dual }: Stage): Promise<void> {
  say(`The server has: ${RECORD}`);
  const { status } = await type(dual, `curl -sS -4 ${PAGE}`);
  hold(status === 6, `curl -4 finds no address, because ${NAME} has no A record`);
}

async function bringUp({ agent }: Stage): Promise<void> {
  const { status } = await show('bis up', () => agent.up());
  hold(status === 0, 'bis is up');
}

async function resolve({ dual, agent }: Stage): Promise<void> {
  const { stdout } = await type(dual, `dig +noall +answer ${NAME} A`);
  const address = parseIpv4(/\sA\s+(\S+)/.exec(stdout)?.[1] ?? '');
  const range = (await agent.status())?.spool?.range ?? '';
  const spool = parseIpv4Prefix(range);
  hold(
    spool !== undefined && address !== undefined && ipv4PrefixContains(spool, address),
    `it is of the spool ${range}`,
  );
}

async function useIt({ dual }: Stage): Promise<void> {
  const page = await type(dual, `curl -sS -4 ${PAGE}`);
  hold(page.stdout.includes('You are 2001:db8:6::1.'), 'curl -4 has the page, and the server saw an IPv6 client');
  const ping = await type(dual, `ping -4 -c 2 -i 0.2 ${NAME}`, / bytes from /);
  hold(ping.stdout.includes(' 2 received'), 'ping is answered, and knows the name of the address');
}

async function showBothSides({ dual }: Stage): Promise<void> {
  const packets = await packetsDuring(dual, 'bis0', () => dual.run(['curl', '-s', '-4', PAGE]));
  const opening = packets
    .map(formatPacketBuffer)
    .filter((line) => line.includes(' | TCP '))
    .slice(0, 4);
  for (const line of opening) say(line.replace(/ options=\w+/, ''));
  const families = opening.map((line) => line.slice(0, 4)).join(' ');
  hold(families === 'IPv4 IPv6 IPv6 IPv4', 'what the program sends leaves as IPv6, the reply comes back as IPv4');
}

async function askForStatus({ agent }: Stage): Promise<void> {
  const { status } = await show('bis status', () => agent.tell('status'));
  hold(status === 0, 'it is up, and nothing is wrong');
}

/** Fetches 100 MB, and returns bits per second; 0 if they did not all come. */
async function fetchSpeed(dual: LabHost, family: '-4' | '-6'): Promise<number> {
  const write = '%{http_code} %{size_download} %{speed_download}';
  const line = ['curl', family, '-s', '-o', '/dev/null', '-w', write, `${PAGE}bytes/${MEGABYTES_100}`];
  const [code, size, octetsPerSecond = 0] = (await dual.run(line)).stdout.split(' ').map(Number);
  return code === 200 && size === MEGABYTES_100 ? octetsPerSecond * 8 : 0;
}

async function measureSpeed({ dual }: Stage): Promise<void> {
  const native = await fetchSpeed(dual, '-6');
  const translated = await fetchSpeed(dual, '-4');
  const gigabits = (speed: number): string => `${(speed / 1e9).toFixed(1)} Gbit/s`;
  say(`through bis ${gigabits(translated)}, native IPv6 ${gigabits(native)} (on this machine, both ends on it)`);
  hold(native > 0 && translated > 0, `every octet came, at ${(translated / native).toFixed(2)} of native speed`);
}

async function stopIt({ dual, agent, before }: Stage): Promise<void> {
  await show('bis stop', () => agent.tell('stop'));
  const left = await dual.differencesSince(before, 0);
  say(left.join('\n'));
  hold(left.length === 0, `the host is as before: ${aspects.join(', ')}`);
}

async function killIt({ dual, agent, before }: Stage): Promise<void> {
  await show('bis up', () => agent.up());
  const pid = (await agent.status())?.pid ?? Number.NaN;
  say(bold(`$ kill -9 ${pid}`));
  const began = performance.now();
  process.kill(pid, 'SIGKILL');
  const left = await dual.differencesSince(before, 1000);
  say(left.join('\n'));
  hold(
    left.length === 0,
    `${Math.ceil(performance.now() - began)} ms later the host is exactly as before: ${aspects.join(', ')}`,
  );
  const { status } = await type(dual, `curl -sS -4 ${PAGE}`);
  hold(status === 6, 'and curl -4 finds no address again');
}

/** The walk, in order. */
const walk: readonly (readonly [string, (stage: Stage) => Promise<void>])[] = [
  ['A program that speaks IPv4, a server that has only IPv6', failWithoutBis],
  ['Bring up the bump', bringUp],
  ['Now the name has an IPv4 address', resolve],
  ['The same programs, unchanged', useIt],
  ['The same packet on both sides of the bump', showBothSides],
  ['What bis says about itself', askForStatus],
  ['100 MB down', measureSpeed],
  ['Take it away', stopIt],
  ['The worst that can happen to it', killIt],
];

async function demonstrate(): Promise<void> {
  await using lab = await Lab.build(pair);
  const dual = lab.host('dual');
  const zone = `${lab.directory}/zone`;
  fs.writeFileSync(zone, ZONE);
  const servers = lab.host('host6').start([...nodeCommand('test/lab/servers/serve.ts'), 'http=80', `dns=53:${zone}`]);
  await servers.says(/ready/);
  const stage = { dual, agent: new Agent(lab, dual), before: await dual.snapshot() };
  for (const [index, [title, play]] of walk.entries()) {
    console.log(`\n${bold(`${index + 1}. ${title}`)}`);
    await play(stage);
  }
}

if (process.getuid?.() !== 0) {
  console.error(
    'demo: needs root, to make network namespaces; it touches nothing outside them. Try: sudo npm run demo',
  );
  process.exit(1);
}
const began = performance.now();
try {
  await demonstrate();
  console.log(`\nEvery step held, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
} catch (error) {
  console.error(`\ndemo: ${explain(error)}`);
  process.exitCode = 1;
}
