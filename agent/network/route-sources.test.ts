import test from 'ava';
import type { Route } from './observe.ts';
import { routeSources } from './route-sources.ts';

const route = (destination: string, device: string, source?: string, more: Partial<Route> = {}): Route => ({
  type: 'unicast',
  destination,
  devices: [device],
  routers: [],
  metric: 1024,
  isMain: true,
  ...(source !== undefined && { source }),
  ...more,
});

/** The result, a line each. */
const lines = (...routes: Route[]): string[] =>
  routeSources(routes).map(({ device, destination, source }) => `${device} ${destination} ${source ?? '-'}`);

test('where no route names a source, nothing is to be done', (t) => {
  t.deepEqual(lines(route('default', 'eth0'), route('2001:db8::/64', 'eth0')), []);
});

test('the longest prefix comes first; inside one with a source, one without counts too', (t) => {
  const found = lines(
    route('default', 'eth0', '2001:db8::7'),
    route('2001:db8:5::1', 'eth0', '2001:db8::8'),
    route('2001:db8:5::/48', 'eth0'),
    route('default', 'wlan0'),
  );
  t.deepEqual(found, ['eth0 2001:db8:5::1 2001:db8::8', 'eth0 2001:db8:5::/48 -', 'eth0 default 2001:db8::7']);
});

test('one without a source that is outside of all that have one is left out', (t) => {
  const found = lines(route('default', 'eth0'), route('2001:db8:5::/48', 'eth0', '2001:db8::7'));
  t.deepEqual(found, ['eth0 2001:db8:5::/48 2001:db8::7']);
});

test('of two routes to one prefix by one device, table `main` counts, then the lower metric', (t) => {
  const found = lines(
    route('default', 'eth0', '2001:db8::1', { isMain: false, metric: 1 }),
    route('default', 'eth0', '2001:db8::2', { metric: 1024 }),
    route('default', 'eth0', '2001:db8::3', { metric: 100 }),
  );
  t.deepEqual(found, ['eth0 default 2001:db8::3']);
});

test('every hop of a route counts; link-local, multicast and other kinds of routes do not', (t) => {
  const found = lines(
    route('default', '', '2001:db8::7', { devices: ['eth0', 'eth1'] }),
    route('fe80::/64', 'eth0', 'fe80::1'),
    route('ff00::/8', 'eth0', 'fe80::1'),
    route('2001:db8:9::/48', 'eth0', '2001:db8::9', { type: 'unreachable' }),
  );
  t.deepEqual(found, ['eth0 default 2001:db8::7', 'eth1 default 2001:db8::7']);
});
