/**
 * A spool that is used up: ten times more names than addresses, with as many connections as there can be. No connection is
 * broken or leads to another peer, whoever gets no address is told why, and all addresses come back. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { Agent } from '../test/lab/agent.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LabHost } from '../test/lab/lab-host.ts';
import { SERVER } from '../test/lab/networks.ts';
import type { Snapshot } from '../test/lab/snapshot.ts';
import { nodeCommand } from '../test/lab/tools.ts';
import type { MappingRow } from './control/agent.ts';
import { mappingsOf, setPeersScene } from './testing/peers-scene.ts';

const CONNECTIONS = 200;
const DATAGRAM_FLOWS = 50;
const ADDRESSES = 254;
const NAMES = 2540;
const TTL_SECONDS = 5;
/** An answer is believed for so much longer (M11). */
const GRACE_SECONDS = 60;

let lab: Lab;
let dual: LabHost;
let agent: Agent;
let before: Snapshot;
test.before(async () => {
  ({ lab, dual, agent, before } = await setPeersScene(NAMES, TTL_SECONDS));
});
test.after.always(() => lab?.demolish());

/** Asks for so many names, from one on, within so many seconds; returns what came for each: an address, or an error with its reason. */
async function ask(first: number, count: number, seconds: number): Promise<string[]> {
  const words = [SERVER, String(Math.ceil(count / seconds)), String(count), String(first)];
  const asker = dual.start([...nodeCommand('agent/testing/ask-many.ts'), ...words]);
  const deadline = performance.now() + seconds * 1000 + 10_000;
  const lines = (): string[] => asker.stdout.split('\n').slice(0, -1);
  while (lines().length < count && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await asker.stop('SIGKILL');
  return lines();
}

/** The addresses that were answered. */
function addressesIn(answers: readonly string[]): Set<string | undefined> {
  return new Set(answers.filter((line) => line.includes(' 10.99.0.')).map((line) => line.split(' ')[1]));
}

async function mappings(): Promise<Map<string, MappingRow>> {
  return new Map((await mappingsOf(agent)).map((row) => [row.ipv6, row]));
}

function residentMegabytes(pid: number | undefined): number {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1000;
}

test.serial(
  'M10, M11, M12: a spool that is used up breaks no connection, refuses with a reason, and recovers',
  async (t) => {
    t.timeout(300_000);
    const config = path.join(lab.directory, 'config.toml');
    fs.writeFileSync(config, '[mapper]\nspool = "10.99.0.0/24"\n');
    const daemon = await agent.start(10_000, '--config', config);
    const flows = dual.start(['python3', 'agent/testing/many-flows.py', String(CONNECTIONS), String(DATAGRAM_FLOWS)]);
    await flows.says(/round 0\n/, 60_000);
    const addressOf = await mappings();
    t.is(addressOf.size, CONNECTIONS + DATAGRAM_FLOWS);

    const first = CONNECTIONS + DATAGRAM_FLOWS;
    const answers: string[] = [];
    const resident: number[] = [];
    for (let flood = 0; flood < 3; flood++) {
      answers.push(...(await ask(first, NAMES - first, 5)));
      resident.push(residentMegabytes(daemon.pid));
    }
    const refused = answers.filter((line) => line.includes('SERVFAIL'));
    const got = addressesIn(answers);
    t.true(refused.length > NAMES, `${refused.length} refused`);
    t.true(
      refused.every((line) => line.endsWith('SERVFAIL bis: every spool address is in use')),
      refused[0],
    );
    t.true(got.size <= ADDRESSES - addressOf.size, [...got].join(' '));
    const { spool } = (await agent.status()) ?? {};
    t.true((spool?.counters.refused ?? 0) >= refused.length);
    t.log(`${refused.length} refused, ${got.size} new addresses; resident ${resident.map(Math.round).join(', ')} MB`);
    const [warm = 0] = resident;
    t.true((resident.at(-1) ?? 0) < warm + 40, 'memory grows');

    const round = Number([...flows.stdout.matchAll(/round (\d+)/g)].at(-1)?.[1]);
    await flows.says(new RegExp(`round ${round + 2}\n`), 30_000);
    const after = await mappings();
    for (const [ipv6, row] of addressOf) t.is(after.get(ipv6)?.ipv4, row.ipv4, ipv6);
    t.notRegex(flows.stdout, /broken/);

    const closed = Date.now();
    const seconds = (): number => Math.round((Date.now() - closed) / 1000);
    await flows.stop('SIGTERM');
    // Promises last for a minute; from then on names that were refused are answered, one for each address of a connection.
    const recovered = ADDRESSES - DATAGRAM_FLOWS;
    let others = new Set<string | undefined>();
    while (others.size < recovered && seconds() < TTL_SECONDS + GRACE_SECONDS + 120)
      others = addressesIn(await ask(NAMES - recovered, recovered, 2));
    t.log(`${others.size} addresses are somebody else's, ${seconds()} s after the connections closed`);
    t.is(others.size, recovered);
    // The peers of datagrams are held for 5 minutes after the last (RFC 4787).
    for (let number = CONNECTIONS; number < first; number++)
      t.false(others.has(addressOf.get(`2001:db8:7::${(number + 1).toString(16)}`)?.ipv4), `${number}`);
    t.is((await agent.tell('stop')).status, 0);
    t.deepEqual(await dual.differencesSince(before), []);
  },
);
