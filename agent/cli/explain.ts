/** `bis explain`: says what would be answered about a name and why, or what an address stands for. Changes nothing. */
import type { Command } from 'commander';
import type { AddressExplanation, MappingRow, NameExplanation } from '../control/agent.ts';
import { asJson, finish, type InstanceOptions, instanceCommand, print } from './command.ts';
import { exitCode } from './exit-code.ts';
import { addQuestion } from './question.ts';
import { columns, duration, printable } from './text.ts';

const about = `
Says what was asked of which server and what it said, which records do not count and why, what decided, and which spool
addresses stand for the answer. Servers are asked; nothing is changed or promised. Of an address it says what it stands
for, or what stands for it.`;

type Explained = NameExplanation['servers'][number];

export function addExplain(program: Command): void {
  const command = instanceCommand(
    program,
    'explain',
    'say how a name is answered, or what an address stands for',
    about,
  );
  addQuestion(command, 'name-or-address', 'a name, or an IPv4 or IPv6 address')
    .addOption(asJson())
    .action((name: string, type: string, options: InstanceOptions & { json?: true }) =>
      finish(async () => {
        const { ControlClient } = await import('../control/client.ts');
        const { json } = await import('./text.ts');
        const explanation = await new ControlClient(options.runtimeDir).explain({ name, type });
        print(options.json ? [json(explanation)] : explanationText(explanation));
        return exitCode.DONE;
      }),
    );
}

/** A short report; everything from the network is made printable. */
function explanationText(explanation: NameExplanation | AddressExplanation): string[] {
  if ('address' in explanation) return addressText(explanation).map(printable);
  const { name, type, servers, notFor } = explanation;
  if (servers.length === 0)
    return [printable(`${name} ${type}: no server is known that could be asked; \`bis status\` says why`)];
  return [
    ...servers.flatMap((explained) => [printable(headline(name, type, explained)), ...columns(rows(explained))]),
    ...notFor.map((text) => printable(`  ! ${text}`)),
  ];
}

const outcomes = {
  synthesized: 'answered with spool addresses in the place of AAAA records',
  unmodified: 'answered as the network answers',
  negative: 'answered as the network answers, without an address',
  failed: 'cannot be answered (SERVFAIL)',
  reversed: 'answered for the IPv6 address behind the spool address',
  passed: 'passed on unchanged',
  'answered here': 'answered by this host alone',
} as const;

function headline(name: string, type: string, { outcome, servers }: Explained): string {
  return `${name} ${type} is ${outcomes[outcome]}, if ${servers.join(' or ')} is asked`;
}

function rows(explained: Explained): string[][] {
  const { asked, row, because, rcode, answer, mappings, ttlSeconds } = explained;
  const found = [
    ...asked.flatMap(askedRows),
    ...(row === null ? [] : [['decided', `A ${row.a}, AAAA ${row.aaaa === 'any' ? 'not waited for' : row.aaaa}`]]),
    ...(because === null ? [] : [['because', because]]),
    ['answer', `${rcode}${ttlSeconds === null ? '' : `, to be kept for ${duration(ttlSeconds)}`}`],
    ...answer.map((text) => ['', `  ${text}`]),
    ...mappings.map((each) => ['', `  ${mappingText(each)}`]),
  ];
  return found.map((cells) => ['', ...cells]);
}

function askedRows({
  type,
  from,
  server,
  transport,
  rcode,
  milliseconds,
  ageSeconds,
  records,
}: Explained['asked'][number]) {
  const said = rcode ?? 'no answer';
  const where = {
    network: `${said} from ${server} over ${transport}, ${milliseconds} ms`,
    cache: `${said} from the cache, ${duration(ageSeconds ?? 0)} old`,
    'hosts file': 'from the hosts file',
    loop: `${server} is not asked: it passes questions back to this daemon`,
  } as const;
  return [
    [type, where[from]],
    ...records.map(({ text, excluded }) => [
      '',
      `  ${text}${excluded === null ? '' : `   does not count: ${excluded}`}`,
    ]),
  ];
}

function mappingText({ ipv6, explicit, mapping }: Explained['mappings'][number]): string {
  if (explicit !== null) return `${explicit} for ${ipv6}, an explicit mapping`;
  return mapping === null ? `a new spool address for ${ipv6}` : `${mapping.ipv4} for ${ipv6}, ${lifeText(mapping)}`;
}

function lifeText({ ageSeconds, promisedForSeconds, lastPacketSecondsAgo, state }: MappingRow): string {
  return [
    state,
    `${duration(ageSeconds)} old`,
    ...(promisedForSeconds > 0 ? [`promised for ${duration(promisedForSeconds)}`] : []),
    lastPacketSecondsAgo === null ? 'no packet yet' : `last packet ${duration(lastPacketSecondsAgo)} ago`,
  ].join(', ');
}

function addressText({ address, isSpool, explicit, mapping, excluded }: AddressExplanation): string[] {
  if (explicit !== null) return [`${explicit.ipv4} stands for ${explicit.ipv6}, an explicit mapping`];
  if (mapping !== null) {
    const names = mapping.names.length === 0 ? 'no name' : mapping.names.join(' ');
    return [`${mapping.ipv4} stands for ${mapping.ipv6}`, `  ${lifeText(mapping)}`, `  asked for as ${names}`];
  }
  if (excluded !== null) return [`${address} never gets a spool address: ${excluded}`];
  if (isSpool === null) return [`${address} has no spool address now`];
  return [isSpool ? `${address} is of the spool, and stands for nothing now` : `${address} is not of the spool`];
}
