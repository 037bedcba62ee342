/** Programs of a host that keep answers for ten minutes, of whom it is seen what they know: nscd, and dnsmasq as a stub. */
import type { LabHost } from '../../test/lab/lab-host.ts';
import { pair, SERVER } from '../../test/lab/networks.ts';
import { writeFile } from '../../test/lab/own-system.ts';
import { toolCommand } from '../../test/lab/tools.ts';
import { type setDaemonScene, settlesAt } from './daemon-scene.ts';
import { finds } from './resolved-scene.ts';

const STUB = '127.0.0.2';
/** How programs ask: the C library, which asks nscd; and a server that keeps what it was told. */
const asking = { nscd: ['getent', 'ahostsv4'], dnsmasq: ['dig', `@${STUB}`] } as const;

export const NOTHING = 'nscd: nothing, dnsmasq: nothing';
export const SYNTHESIZED = 'nscd: synthesized, dnsmasq: synthesized';

/** A scene in which it is also known for ten minutes that there is nothing. */
export const lasting: Parameters<typeof setDaemonScene> = [
  pair,
  'example. 600 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 600\n',
];

/** Starts both on a host with a system of its own. */
export async function startKeeping(host: LabHost): Promise<void> {
  await writeFile(host, '/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  const seconds = ['positive-time-to-live hosts 600', 'negative-time-to-live hosts 600'];
  await writeFile(host, '/etc/nscd.conf', ['enable-cache hosts yes', ...seconds, ''].join('\n'));
  await host.must(['mkdir', '-p', '/run/nscd']);
  host.start([...toolCommand('nscd'), '-F']);
  const isUp = async (): Promise<string> => String((await host.run(['test', '-S', '/run/nscd/socket'])).status);
  await settlesAt(isUp, '0');
  const quiet = ['--conf-file=/dev/null', '--pid-file=', '--log-facility=-', '--no-resolv', '--no-hosts'];
  const where = [`--listen-address=${STUB}`, '--bind-interfaces', `--server=${SERVER}`];
  const stub = host.start([...toolCommand('dnsmasq'), '--keep-in-foreground', ...quiet, '--user=nobody', ...where]);
  await stub.says(/started, version/);
}

/** What both have for a name that has only IPv6. */
export async function known(host: LabHost): Promise<string> {
  const found = Object.entries(asking).map(async ([name, how]) => `${name}: ${await finds({ dual: host }, how)}`);
  return (await Promise.all(found)).join(', ');
}
