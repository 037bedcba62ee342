/** Mappings over the end of the daemon, whichever it is. Needs root. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { Agent } from '../test/lab/agent.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import { SERVER } from '../test/lab/networks.ts';
import type { Program } from '../test/lab/program.ts';
import { nodeCommand } from '../test/lab/tools.ts';
import type { MappingRow } from './control/agent.ts';
import { mappingsOf, setPeersScene } from './testing/peers-scene.ts';

const NAMES = 3000;
const QUESTIONS_PER_SECOND = 1000;

/** The peer of a name: its number, from 1 on, is the end of its address. */
const peerOf = (name: string): string => `2001:db8:7::${(1 + Number(/\d+/.exec(name)?.[0])).toString(16)}`;

let lab: Lab;
let dual: LabHost;
let agent: Agent;
let asker: Program | undefined;
test.before(async () => {
  ({ lab, dual, agent } = await setPeersScene(NAMES, 5));
});
test.after.always(() => lab?.demolish());
test.afterEach.always(async () => {
  await asker?.stop('SIGKILL');
  await agent.tell('stop');
});

function ask(): Program {
  const words = [SERVER, String(QUESTIONS_PER_SECOND), String(NAMES)];
  asker = dual.start([...nodeCommand('agent/testing/ask-many.ts'), ...words]);
  return asker;
}

/** Name and address of every answer so far. */
function answers({ stdout }: Program): [name: string, address: string][] {
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line) => line.split(' ') as [string, string]);
}

/** Which peer each address stands for now. */
async function mappings(): Promise<Map<string, MappingRow>> {
  return new Map((await mappingsOf(agent)).map((row) => [row.ipv4, row]));
}

test.serial(
  'M14: kill -9 during 1000 questions a second: every address that was answered stands for the same peer',
  async (t) => {
    t.timeout(60_000);
    const given: [string, string][] = [];
    for (let round = 0; round < 3; round++) {
      const daemon = await agent.start();
      const program = ask();
      await new Promise((resolve) => setTimeout(resolve, 1700 + 331 * round));
      await daemon.stop('SIGKILL');
      await program.stop('SIGKILL');
      const answered = answers(program);
      t.true(answered.length > 200, `${answered.length} answers`);
      given.push(...answered);
      await agent.start();
      const rows = await mappings();
      const wrong = given.filter(([name, address]) => rows.get(address)?.ipv6 !== peerOf(name));
      t.deepEqual(wrong, []);
      t.log(`${given.length} answers, ${rows.size} mappings`);
      await agent.tell('stop');
    }
  },
);

test.serial(
  'M14: mappings are the same after down and up, and after the end of the daemon; nobody else may read them',
  async (t) => {
    const daemon = await agent.start();
    const program = ask();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await program.stop('SIGKILL');
    const before = [...(await mappings()).values()].map(({ ipv4, ipv6, names }) => [ipv4, ipv6, names]);
    t.true(before.length > 100);
    const again = async () => [...(await mappings()).values()].map(({ ipv4, ipv6, names }) => [ipv4, ipv6, names]);
    t.is((await agent.tell('down')).status, 0);
    t.is((await agent.tell('up')).status, 0);
    t.deepEqual(await again(), before);
    t.is((await daemon.stop('SIGTERM', 8000)).status, 0);
    const file = path.join(lab.directory, 'dual-state', 'mappings');
    t.is(fs.statSync(file).mode & 0o777, 0o600);
    await agent.start();
    t.deepEqual(await again(), before);
  },
);

test.serial(
  'M14: a file that is spoilt in its middle, and one that cannot be read: up, and it is in the log',
  async (t) => {
    const file = path.join(lab.directory, 'dual-state', 'mappings');
    await agent.start();
    const program = ask();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await program.stop('SIGKILL');
    t.is((await agent.tell('stop')).status, 0);
    const octets = fs.readFileSync(file);
    octets.fill(0x5a, octets.length / 2, octets.length / 2 + 100);
    fs.writeFileSync(file, octets);
    const daemon = await agent.start();
    await daemon.says(/octets of .*mappings are not whole records: they were left out/);
    t.true((await mappings()).size > 10);
    await agent.tell('stop');
    fs.rmSync(file);
    fs.mkdirSync(file);
    const other = await agent.start();
    await other.says(/Cannot read .*mappings/);
    t.is((await mappings()).size, 0);
    await agent.tell('stop');
    fs.rmdirSync(file);
  },
);
