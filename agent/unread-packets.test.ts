/** What the kernel dropped at the device is read from its own table. */
import test from 'ava';
import { unreadPackets } from './unread-packets.ts';

const TABLE = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 2198003711 7376003    0    1    0     0          0         0 2198003711 7376003    0    2    0     0       0          0
  bis0:     752      12    3    4    0     0          0         0    87087    2655    5  348    0     0       0          0
 bis01:       0       0    0    0    0     0          0         0        0       0    0    7    0     0       0          0
`;
const host = { readText: (file: string) => (file === '/proc/net/dev' ? TABLE : undefined) };

test('what the kernel had no room for is counted by device', (t) => {
  t.is(unreadPackets(host, 'bis0'), 348);
  t.is(unreadPackets(host, 'bis01'), 7);
});

test('of a device that is not there nothing was dropped', (t) => {
  t.is(unreadPackets(host, 'bis'), 0);
  t.is(unreadPackets({ readText: () => undefined }, 'bis0'), 0);
});
