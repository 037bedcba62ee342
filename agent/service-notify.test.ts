import { join } from 'node:path';
import test from 'ava';
import { flag, libc } from './data-plane/libc.ts';
import { ServiceNotify, socketAddress } from './service-notify.ts';
import { temporaryDirectory } from './testing/test-instance.ts';

/** From sys/socket.h. */
const [AF_UNIX, SOCK_DGRAM] = [1, 2];

for (const kind of ['a path', 'an abstract name'] as const) {
  test(`S11: a service manager at ${kind} hears what it is told`, (t) => {
    const path = kind === 'a path' ? join(temporaryDirectory(t), 'notify') : `@bis-test-${process.pid}`;
    const manager = libc.socket(AF_UNIX, SOCK_DGRAM | flag.NONBLOCK | flag.CLOEXEC, 0);
    const address = socketAddress(path);
    t.is(libc.bind(manager, address, address.length), 0);
    const hears = (): string => {
      const octets = new Uint8Array(new ArrayBuffer(512));
      return Buffer.from(octets.subarray(0, Math.max(0, Number(libc.read(manager, octets, 512))))).toString();
    };
    const notify = new ServiceNotify({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '10000000' });
    t.is(notify.watchdogMilliseconds, 5000);
    notify.tell('READY=1', 'STATUS=up');
    notify.tell('STOPPING=1');
    t.deepEqual([hears(), hears(), hears()], ['READY=1\nSTATUS=up', 'STOPPING=1', '']);
    notify.close();
    libc.close(manager);
  });
}

test('without a service manager, or with one that has gone, nothing happens', (t) => {
  for (const environment of [{}, { NOTIFY_SOCKET: '/nonexistent/socket' }, { NOTIFY_SOCKET: `/${'x'.repeat(300)}` }]) {
    const notify = new ServiceNotify(environment);
    t.notThrows(() => notify.tell('READY=1'));
    t.is(notify.watchdogMilliseconds, undefined);
    notify.close();
  }
  t.is(
    new ServiceNotify({ NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }).watchdogMilliseconds,
    undefined,
  );
});
