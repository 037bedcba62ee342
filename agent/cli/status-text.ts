/** A `Status` as a person reads it: what is so in the first line, what is wrong and what to do about it below. */
import type { DirectionStatus, Reason, ResolverStatus, Status } from '../control/agent.ts';
import { networkNamespace } from '../control/network-namespace.ts';
import { columns, duration, octets, printable } from './text.ts';

/** The lines of `bis status`; `now` in milliseconds since the epoch, `here` the network namespace of the reader. */
export function statusText(status: Status, now: number, here: string = networkNamespace()): string[] {
  const since = duration((now - Date.parse(status.since)) / 1000);
  return [
    printable(`bis ${status.version} is ${status.state}, for ${since} (pid ${status.pid})`),
    ...(status.networkNamespace === here ? [] : ['  (it serves another network namespace)']),
    ...reasonsText(status.reasons),
    ...columns(rows(status)),
  ];
}

/** Each reason as a sentence, with the command that mends it on a line of its own. */
export function reasonsText(reasons: readonly Reason[]): string[] {
  return reasons.flatMap(({ text, command }) => [
    `  ! ${printable(text)}`,
    ...(command === undefined ? [] : [`    ${printable(command)}`]),
  ]);
}

function rows({
  device,
  spool,
  self,
  uplinks,
  dedicated,
  detached,
  exposed,
  resolver,
  translator,
}: Status): string[][] {
  const found: [string, string | undefined][] = [
    ['device', device === null ? undefined : deviceText(device)],
    ['spool', spool === null ? undefined : spoolText(spool)],
    ['self', self ?? undefined],
    ['uplinks', uplinks.length === 0 ? undefined : uplinks.join(' ')],
    ...dedicated.map(({ device: on, address }): [string, string] => ['source', `${address} on ${on}`]),
    ...detached.map((each): [string, string] => ['detached', `${each.prefix} on ${each.device}: ${each.because}`]),
    ['exposed', exposed.length === 0 ? undefined : exposed.join(' ')],
    ...(resolver === null ? [] : resolverRows(resolver)),
    ['to IPv6', translator === null ? undefined : directionText(translator.fourToSix)],
    ['to IPv4', translator === null ? undefined : directionText(translator.sixToFour)],
  ];
  return found.flatMap(([name, text]) => (text === undefined ? [] : [['', name, text]]));
}

function spoolText(spool: NonNullable<Status['spool']>): string {
  const { range, used, size, held, strangers, quarantined, closing, counters } = spool;
  return [
    `${range}, ${used} of ${size} used, ${held} held`,
    ...counts({ strangers, inQuarantine: quarantined, ...counters }),
    ...closing.map((old) => `${old} closing`),
  ].join(', ');
}

function deviceText({ name, mtu, queues, offloads, unread }: NonNullable<Status['device']>): string {
  const offload = offloads.length === 0 ? 'no offload' : `offload ${offloads.join(' ')}`;
  const whole = `${name}, mtu ${mtu}, ${queues} ${queues === 1 ? 'queue' : 'queues'}, ${offload}`;
  return [whole, ...counts({ unread })].join(', ');
}

function resolverRows({ mode, because, servers, counters, answerTable }: ResolverStatus): [string, string][] {
  return [
    ['resolver', [mode, ...counts(counters)].join(', ')],
    ...because.map((reason): [string, string] => ['why', reason]),
    ...(Object.keys(answerTable).length === 0 ? [] : [['A/AAAA', counts(answerTable).join(', ')] as [string, string]]),
    ...servers.map(({ device, server, listener }): [string, string] => [
      'server',
      `${server}${device === '' ? '' : ` on ${device}`}, ${listener === null ? 'not caught' : `answered at ${listener}`}`,
    ]),
  ];
}

function directionText({ packets, octets: count, verdicts }: DirectionStatus): string {
  const { translated: _, ...others } = verdicts;
  return [`${packets} ${packets === 1 ? 'packet' : 'packets'}`, octets(count), ...counts(others)].join(', ');
}

/** Counters that are not 0, their names as words: `timeouts`, `spoolUsedUp` is `spool used up`. */
function counts(counters: Readonly<Record<string, number>>): string[] {
  return Object.entries(counters)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`);
}
