/** What the kernel says of packets that came for a device faster than anybody read them (netdevice statistics, proc_net_dev(5)). */
import type { Host } from '../install/host.ts';

/** Of the numbers behind the name of a device: `drop` among those of what is sent, which for a TUN device is what we read. */
const DROPPED_COLUMN = 11;

/** How many packets were dropped because the queue of the device was full, since it was made; 0 when it is not there. */
export function unreadPackets(host: Pick<Host, 'readText'>, device: string): number {
  for (const line of (host.readText('/proc/net/dev') ?? '').split('\n')) {
    const [name, numbers = ''] = line.split(':', 2);
    if (name?.trim() === device) return Number(numbers.trim().split(/\s+/)[DROPPED_COLUMN] ?? 0);
  }
  return 0;
}
