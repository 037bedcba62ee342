/**
 * How questions reach the resolver on this host: a pure conclusion from what was observed, with its reasons in words. It
 * is drawn at the start, for the mode, and at every change, for the servers whose questions are caught.
 */
import type { Mode, Reason } from '../control/agent.ts';
import { isLoopback, type NameServer } from '../network/name-servers.ts';
import type { Resolution } from '../network/resolution.ts';
import { RESOLVED_STUBS, type ResolvedServer } from '../network/resolved.ts';
import { DNS_PORT } from './questions.ts';

export interface Observations extends Resolution {
  readonly configured: 'auto' | Mode;
  /** Why the kernel cannot catch questions; `undefined` when it can. */
  readonly cannotCatch: string | undefined;
}

export interface Decision {
  readonly mode: Mode;
  /** Why this mode, and these servers: sentences. */
  readonly reasons: readonly string[];
  /** In mode `snoop`: the servers whose questions are caught, in the order they are asked. */
  readonly servers: readonly NameServer[];
  /** Who gets no synthesized answers, and why. */
  readonly gaps: readonly Reason[];
}

/** Draws the conclusion. */
export function decide(observations: Observations): Decision {
  const { mode, reasons } = chooseMode(observations);
  if (mode !== 'snoop') return { mode, reasons, servers: [], gaps: gapsOf(mode, observations) };
  const { servers, reasons: why } = placesToCatch(observations);
  return { mode, reasons: [...reasons, ...why], servers, gaps: gapsOf(mode, observations) };
}

/** Whether systemd-resolved asks this server in words that anybody on the way can read, and takes what comes. */
function isPlain({ dnsOverTls, dnssec, port }: ResolvedServer): boolean {
  return dnsOverTls === 'no' && dnssec === 'no' && port === DNS_PORT;
}

/** Whether taking the questions away from systemd-resolved would send in clear text what it encrypts, or end its checks. */
export function wouldWeaken({ dnsOverTls, dnssec }: Pick<ResolvedServer, 'dnsOverTls' | 'dnssec'>): boolean {
  return dnsOverTls !== 'no' || dnssec === 'yes';
}

function chooseMode(observations: Observations): { mode: Mode; reasons: readonly string[] } {
  const { configured, cannotCatch, owner, isMounted, mayReplace, resolved, usesNssResolve } = observations;
  if (configured !== 'auto') return { mode: configured, reasons: [`Mode ${configured} is configured.`] };
  if (cannotCatch === undefined) {
    return { mode: 'snoop', reasons: ['The kernel can catch questions, so that no file has to be changed.'] };
  }
  const cannot = `The kernel cannot catch questions: ${cannotCatch}.`;
  const isInUse = resolved?.isElsewhere === false && (usesNssResolve || owner === 'systemd-resolved');
  if (isInUse && resolved.servers.length > 0 && !resolved.servers.some(wouldWeaken)) {
    return { mode: 'resolved', reasons: [cannot, 'Programs ask systemd-resolved, which can be told to ask bis.'] };
  }
  if (owner === undefined) return { mode: 'listen', reasons: [cannot, 'There is no /etc/resolv.conf.'] };
  if (isMounted) {
    return { mode: 'listen', reasons: [cannot, '/etc/resolv.conf is mounted from outside and cannot be replaced.'] };
  }
  if (!mayReplace) {
    const cause = '/etc/resolv.conf cannot be replaced: this user may not write in /etc, as the service may not.';
    return { mode: 'listen', reasons: [cannot, cause] };
  }
  const kept = 'systemd-resolved encrypts or checks what it asks, and stays between bis and the servers.';
  return {
    mode: 'resolv.conf',
    reasons: [cannot, `/etc/resolv.conf, of ${ownerText(owner)}, can be replaced.`, ...(isInUse ? [kept] : [])],
  };
}

function ownerText(owner: NonNullable<Observations['owner']>): string {
  return owner === 'unknown' ? 'nobody that is known' : owner;
}

/**
 * The servers whose questions are caught: those programs ask, or, where programs ask systemd-resolved without packets, those
 * that it asks. Not both: a question caught in front of it would be caught again behind it, which looks like a loop (D7).
 */
function placesToCatch(observations: Observations): Pick<Decision, 'servers' | 'reasons'> {
  const { nameServers, resolved, usesNssResolve } = observations;
  const asked = usesNssResolve ? (resolved?.servers ?? []) : [];
  const isBehind = asked.length > 0 && asked.every(isPlain);
  const behind = isBehind ? asked.map(({ address, device }): NameServer => ({ address, zone: device })) : [];
  const front = nameServers.filter(({ address }) => !(isBehind && RESOLVED_STUBS.includes(address)));
  const stubs = front.filter(({ address }) => isLoopback(address));
  const reasons: string[] = [];
  if (isBehind) {
    reasons.push(
      'Programs ask systemd-resolved through nss-resolve, which sends no packets: what it asks its servers is caught.',
    );
  }
  if (stubs.length > 0) {
    const names = stubs.map(({ address }) => address).join(', ');
    reasons.push(`${names} is a server on this host: questions are caught in front of it, and it is asked again.`);
  }
  // Those of one link first: where a server is one of all links as well, the routing table may choose the same way.
  return { servers: [...behind, ...front], reasons };
}

/** Programs that questions cannot be taken from. */
function gapsOf(mode: Mode, { resolved, usesNssResolve }: Observations): Reason[] {
  if (!usesNssResolve || resolved === undefined || mode === 'resolved' || mode === 'listen') return [];
  if (resolved.isElsewhere) return [gap('it serves another network namespace')];
  const hidden = mode === 'snoop' ? resolved.servers.filter((server) => !isPlain(server)) : resolved.servers;
  if (hidden.length === 0) return [];
  const why = new Set(hidden.map((server) => (mode === 'snoop' ? whyHidden(server) : 'it asks its servers itself')));
  return [gap([...why].join(', '))];
}

function gap(why: string): Reason {
  const text = [
    `Programs that ask systemd-resolved through nss-resolve get no synthesized answers (${why});`,
    'without `resolve` in the line `hosts` of /etc/nsswitch.conf they would ask the servers of /etc/resolv.conf.',
  ];
  return { code: 'nss-resolve', text: text.join(' ') };
}

function whyHidden({ device, dnsOverTls, dnssec, port }: ResolvedServer): string {
  const where = device === '' ? 'all links' : device;
  if (dnsOverTls !== 'no') return `DNSOverTLS=${dnsOverTls} on ${where}`;
  return dnssec === 'no' ? `port ${port} on ${where}` : `DNSSEC=${dnssec} on ${where}`;
}
