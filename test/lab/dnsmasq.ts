/** dnsmasq on a host of the lab: a stub on loopback that passes every question on. */
import type { LabHost } from './lab-host.ts';
import type { Program } from './program.ts';
import { toolCommand } from './tools.ts';

/** Nothing of the machine's own configuration. */
const alone = ['--conf-file=/dev/null', '--user=root', '--pid-file=', '--log-facility=-', '--no-resolv', '--no-hosts'];

/** Starts it at `address`, with `server` to ask, and waits until it is ready; `more` are options of its own. */
export async function startDnsmasq(
  host: LabHost,
  address: string,
  server: string,
  ...more: string[]
): Promise<Program> {
  const place = [`--listen-address=${address}`, '--bind-interfaces', `--server=${server}`];
  const dnsmasq = host.start([...toolCommand('dnsmasq'), '--keep-in-foreground', ...alone, ...place, ...more]);
  await dnsmasq.says(/started, version/);
  return dnsmasq;
}
