/** Waiting until a lab's links carry packets. For tests only. */
import type { LabHost } from '../../test/lab/lab-host.ts';

/**
 * Waits until `host` gets replies from every address. The first neighbour solicitation on a new link is often lost, and
 * the next one is sent a second later (RFC 4861 §10, RETRANS_TIMER). Rejects when there is no reply in ten seconds.
 */
export async function settle(host: LabHost, addresses: readonly string[]): Promise<void> {
  await Promise.all(addresses.map((address) => host.must(['ping', '-c1', '-w10', address])));
}
