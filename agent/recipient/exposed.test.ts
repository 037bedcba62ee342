import test from 'ava';
import type { ExposedPorts } from '../../install/table-recipient.ts';
import { formatPorts, type Ports, parsePorts } from '../config/ports.ts';
import { Exposed } from './exposed.ts';

const ports = (...texts: string[]): Ports[] => texts.map(parsePorts).filter((each) => each !== undefined);

const configured = (...texts: string[]): Exposed => new Exposed({ expose: ports(...texts), unclaimed: false });

/** Notes what it is told. */
function follower(): { told: string[]; follow: (exposed: ExposedPorts) => void } {
  const told: string[] = [];
  return { told, follow: (exposed) => void told.push(formatPorts(exposed).join(' ')) };
}

test('S2: nothing is exposed until somebody says so', (t) => {
  t.deepEqual(configured().list, []);
  t.deepEqual(configured('udp/53', 'tcp/80').list, ['tcp/80', 'udp/53']);
  t.deepEqual(new Exposed({ expose: [], unclaimed: true }).list, ['tcp/1-65535', 'udp/1-65535']);
});

test('exposing twice is exposing once, and taking away what is not there changes nothing', (t) => {
  const exposed = configured('tcp/80');
  exposed.expose(ports('tcp/80', 'tcp/443'));
  exposed.expose(ports('tcp/443'));
  exposed.unexpose(ports('udp/9'));
  t.deepEqual(exposed.list, ['tcp/80', 'tcp/443']);
  exposed.unexpose(ports('tcp/80', 'tcp/443'));
  exposed.unexpose(ports('tcp/443'));
  t.deepEqual(exposed.list, []);
});

test('a bump follows, from its beginning to its end; what is said in between is kept', (t) => {
  const exposed = configured('tcp/80');
  const { told, follow } = follower();
  const end = exposed.follow(follow);
  exposed.expose(ports('udp/9'));
  end();
  exposed.unexpose(ports('tcp/80'));
  exposed.follow(follow);
  t.deepEqual(told, ['tcp/80', 'tcp/80 udp/9', 'udp/9']);
});

test('what cannot be done is not said to be so', (t) => {
  const exposed = configured();
  let isBroken = false;
  exposed.follow(() => {
    if (isBroken) throw new Error('Cannot expose');
  });
  isBroken = true;
  t.throws(() => exposed.expose(ports('tcp/80')), { message: 'Cannot expose' });
  t.deepEqual(exposed.list, []);
});
