/**
 * More questions than can be answered, and what leaves the host for those that are: dnsperf asks, a silent and a sound server
 * are asked. `BIS_OVERLOAD_SECONDS=60` makes it as long as the requirement has it. Needs root.
 */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { startJudged } from './judged-servers.ts';
import { type Court, dig, FAULTY, SERVER, setCourt } from './judging.ts';

const seconds = Number(process.env.BIS_OVERLOAD_SECONDS ?? 5);
/** Ten times what may be under way. */
const UNDER_WAY = 10_240;

let court: Court;
test.before(async () => {
  court = await setCourt(FAULTY, SERVER);
  await startJudged(court.lab, 'unbound');
  await court.start();
});
test.after.always(() => court?.lab.demolish());

function questions(count: number, name: (index: number) => string): string {
  const file = path.join(court.lab.directory, 'questions');
  fs.writeFileSync(file, Array.from({ length: count }, (_, index) => `${name(index)} A\n`).join(''));
  return file;
}

async function dnsperf(server: string, file: string, ...more: readonly string[]): Promise<string> {
  return court.dual.must(['dnsperf', '-s', server, '-d', file, ...more], undefined, (seconds + 60) * 1000);
}

/** Our own looks for loops and for a NAT64, which no question causes. */
const LOOKS = 10;

/** Packets that reached UDP port 53 of an address of `host6`. */
async function counted(server: string): Promise<number> {
  const text = await court.host6.must(['nft', 'list', 'table', 'inet', 'count']);
  return Number(new RegExp(`ip6 daddr ${server} udp dport 53 counter packets (\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

test.serial('D8: one question sends at most two packets to a server', async (t) => {
  t.timeout(120_000);
  await court.host6.must(['nft', '-f', '-'], {
    input: `table inet count { chain in { type filter hook input priority 0;
      ip6 daddr ${SERVER} udp dport 53 counter
      ip6 daddr ${FAULTY} udp dport 53 counter
      }
    }
`,
  });
  const asked = 300;
  for (const [server, name] of [
    [SERVER, (index: number) => `gone${index}.judge.example`],
    [FAULTY, (index: number) => `nodata-good.x${index}.fault.example`],
    // Nothing is answered: dnsperf asks once and waits.
    [FAULTY, (index: number) => `silent-silent.x${index}.fault.example`],
  ] as const) {
    const before = await counted(server);
    await dnsperf(server, questions(asked, name), '-n', '1', '-t', '6');
    const sent = (await counted(server)) - before;
    t.true(sent <= 2 * asked + LOOKS, `${sent} packets for ${asked} questions`);
    t.true(sent >= asked, `${sent} packets: it was asked at all`);
  }
});

test.serial(
  `D6: ${UNDER_WAY} questions under way for ${seconds} s: the rest is refused, and then all is as before within a second`,
  async (t) => {
    t.timeout((seconds + 60) * 1000);
    const file = questions(50_000, (index) => `silent-silent.o${index}.fault.example`);
    const flood = dnsperf(FAULTY, file, '-l', String(seconds), '-q', String(UNDER_WAY), '-c', '32', '-t', '5');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (let asked = 0; asked < 5; asked++) {
      t.is(await dig(court.dual, SERVER, 'six.judge.example'), '1 spool', 'questions to another server have room');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const out = await flood;
    const refused = Number(/REFUSED (\d+)/.exec(out)?.[1] ?? 0);
    t.true(refused > UNDER_WAY, out);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    t.is(await dig(court.dual, SERVER, 'six.judge.example'), '1 spool');
    t.is(await dig(court.dual, SERVER, 'six.judge.example', '+tcp'), '1 spool');
    t.is(await dig(court.dual, FAULTY, 'nodata-good.after.fault.example'), '1 spool');
    const status = await court.agent.status();
    t.true((status?.resolver?.counters.refused ?? 0) > 0);
  },
);

test.serial('the host is as it was', async (t) => {
  t.deepEqual(await court.stop(), []);
});
