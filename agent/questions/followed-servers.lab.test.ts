/**
 * How soon other servers are followed, in every mode: from the moment a file is in its place, or systemd-resolved has
 * another server for a link, until a new question is sent to that server by us, and until the status names it. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Agent } from '../../test/lab/agent.ts';
import { Lab } from '../../test/lab/lab.ts';
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair, SERVER } from '../../test/lab/networks.ts';
import { giveOwnSystem } from '../../test/lab/own-system.ts';
import type { Program } from '../../test/lab/program.ts';
import { startResolved } from '../../test/lab/resolved.ts';
import { nodeCommand } from '../../test/lab/tools.ts';

/** What the requirement allows. */
const MOST_MILLISECONDS = 1000;
/** When a change counts as never followed. */
const PATIENCE_MILLISECONDS = 4000;
const OTHER = '2001:db8:6::3';
const LISTEN = '127.0.0.77';
const CHANGES = 10;

let lab: Lab;
let dual: LabHost;
let agent: Agent;
let server: Program;
let inside: Program;
test.before(async () => {
  lab = await Lab.build(pair);
  const host6 = lab.host('host6');
  await host6.must(['ip', '-6', 'address', 'add', `${OTHER}/64`, 'dev', 'eth0', 'nodad']);
  server = host6.start([...nodeCommand('agent/testing/asked-server.ts'), SERVER, OTHER]);
  await server.says(/ready/);
  dual = await giveOwnSystem(lab, lab.host('dual'));
  // Before it is in, its root is the machine's, whose files are not to be written.
  inside = dual.start(['sh', '-c', 'echo in; exec sleep inf']);
  await inside.says(/^in$/m);
  agent = new Agent(lab, dual);
});
test.after.always(() => lab?.demolish());

/** A file of `dual` as it is seen from here. */
function seen(file: string): string {
  return path.join('/proc', String(inside.pid), 'root', file);
}

/** Makes `address` the server of this host, and tells when that was the case: milliseconds since 1970. */
type Change = (address: string, index: number) => Promise<number>;

/** How long it took, in words, and whether that was too long. */
interface Outcome {
  readonly text: string;
  readonly isLate: boolean;
}

/** When we asked this server for a name that was new, after `since`. A program asks for A only: it is us who asks for AAAA. */
function askedAt(address: string, zone: string, since: number): number | undefined {
  for (const line of server.stdout.matchAll(/^(\d+) (\S+) (\S+) AAAA$/gm)) {
    const [, time, at, name = ''] = line;
    if (Number(time) > since && at === address && name.endsWith(`.${zone}`)) return Number(time);
  }
  return undefined;
}

async function follows(change: Change, zone: string, address: string, index: number): Promise<Outcome> {
  const since = await change(address, index);
  let asked: number | undefined;
  let named: number | undefined;
  while ((asked === undefined || named === undefined) && Date.now() < since + PATIENCE_MILLISECONDS) {
    asked ??= askedAt(address, zone, since);
    const servers = (await agent.status())?.resolver?.servers ?? [];
    if (servers.some(({ server: name }) => name.startsWith(`${address}#`))) named ??= Date.now();
    await sleep(5);
  }
  const after = (time: number | undefined): string => (time === undefined ? 'never' : `after ${time - since} ms`);
  const isLate = [asked, named].some((time) => time === undefined || time - since > MOST_MILLISECONDS);
  return { text: `${index}: ${address} asked ${after(asked)}, named ${after(named)}`, isLate };
}

/** Ten changes in a row, from one server to the other and back, while programs ask for new names all the time. */
async function story(t: ExecutionContext, zone: string, asks: readonly string[], change: Change): Promise<void> {
  const asking = dual.start([...nodeCommand('agent/testing/ask-new-names.ts'), zone, ...asks]);
  await asking.says(/asking/);
  const outcomes: Outcome[] = [];
  for (let index = 1; index <= CHANGES; index++) {
    outcomes.push(await follows(change, zone, index % 2 === 1 ? OTHER : SERVER, index));
    // Not in step with anything that happens every so often.
    await sleep(Math.random() * 300);
  }
  await asking.stop();
  const told = outcomes.map(({ text }) => text).join('\n');
  t.log(told);
  t.false(
    outcomes.some(({ isLate }) => isLate),
    told,
  );
}

async function start(mode: string, ...more: string[]): Promise<void> {
  const config = path.join(lab.directory, 'bis.toml');
  fs.writeFileSync(config, [`[resolver]`, `mode = "${mode}"`, ...more, ''].join('\n'));
  await agent.start(15_000, '--config', config);
}

const end = (): Promise<unknown> => agent.daemon.stop('SIGTERM', 8000);
const text = (address: string): string => `nameserver ${address}\n`;

/** Writes a file beside and renames it, as all do who write resolv.conf. */
async function rename(file: string, address: string): Promise<number> {
  const place = seen(file);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(`${place}.new`, text(address));
  const moment = Date.now();
  fs.renameSync(`${place}.new`, place);
  return moment;
}

/** Switches resolv.conf to a link to this file. */
async function link(target: string): Promise<number> {
  const place = seen('/etc/resolv.conf');
  fs.symlinkSync(target, `${place}.new`);
  const moment = Date.now();
  fs.renameSync(`${place}.new`, place);
  return moment;
}

/** Every way in which resolv.conf comes to have other servers. */
const changeFile: Change = async (address, index) => {
  const managed = `/run/manager${index > 5 ? index : ''}/resolv.conf`;
  switch (index) {
    case 4:
    case 8:
      // A link to where nothing is yet: what counts is when it is there.
      await link(`..${managed}`);
      await sleep(600);
      return rename(managed, address);
    case 5:
      return rename('/run/manager/resolv.conf', address);
    case 9:
      await rename('/run/two/resolv.conf', address);
      return link('/run/two/resolv.conf');
    default:
      return rename('/etc/resolv.conf', address);
  }
};

test.serial('S7: mode snoop: a file, a link and what it leads to are followed within a second', async (t) => {
  await rename('/etc/resolv.conf', SERVER);
  await start('snoop');
  await story(t, 'snoop.example', [SERVER, OTHER], changeFile);
  await end();
});

test.serial('S7: mode listen: the servers of resolv.conf are followed within a second', async (t) => {
  await rename('/etc/resolv.conf', SERVER);
  await start('listen', `listen = ["${LISTEN}"]`);
  await story(t, 'listen.example', [LISTEN], changeFile);
  await end();
});

test.serial('S7: mode resolv.conf: whoever writes the file is followed within a second', async (t) => {
  await rename('/etc/resolv.conf', SERVER);
  await start('resolv.conf');
  await story(t, 'file.example', ['127.0.0.98'], (address) => rename('/etc/resolv.conf', address));
  await end();
});

/** Gives the link another server, and tells when systemd-resolved had it: it writes a file as soon as it has. */
const changeLink: Change = async (address) => {
  await dual.must(['resolvectl', 'dns', 'eth0', address]);
  return Math.floor(fs.statSync(seen('/run/systemd/resolve/resolv.conf')).mtimeMs);
};

for (const [mode, title] of [
  ['snoop', 'mode snoop behind systemd-resolved'],
  ['resolved', 'mode resolved'],
] as const) {
  test.serial(`S7: ${title}: other servers of a link are followed within a second`, async (t) => {
    if (mode === 'snoop') await startResolved(dual, { settings: ['DNSSEC=no', 'Cache=no'] });
    await changeLink(SERVER, 0);
    await start(mode);
    await story(t, `${mode}-link.example`, ['127.0.0.53'], changeLink);
    await end();
  });
}
