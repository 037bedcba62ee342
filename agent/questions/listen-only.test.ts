import test from 'ava';
import { RecordingHost } from '../../install/testing/recording-host.ts';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import type { Endpoint } from '../config/config.ts';
import { ListenOnly } from './listen-only.ts';

const resolver = { answer: async () => undefined };

function endpoint(text: string, port: number): Endpoint {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`${text} is no IPv4 address`);
  return { family: 4, address, port };
}

/** The servers that are asked, when this is listened on and resolv.conf names these. */
async function asked(listen: readonly Endpoint[], named: readonly string[], upstreams: readonly Endpoint[] = []) {
  const text = named.map((server) => `nameserver ${server}\n`).join('');
  const host = new RecordingHost({ '/etc/resolv.conf': text });
  const questions = new ListenOnly({ listen: [...listen], upstreams: [...upstreams], serve: [] }, host, resolver);
  try {
    await questions.refresh();
    return { servers: questions.servers().map(({ server }) => server), questions, host };
  } finally {
    await questions.close();
  }
}

test('the servers of resolv.conf are asked, or those of the configuration', async (t) => {
  const own = [endpoint('127.0.0.1', 0)];
  t.deepEqual((await asked(own, ['192.0.2.53', 'fe80::53%eth0'])).servers, ['192.0.2.53#53', 'fe80::53%eth0#53']);
  t.deepEqual((await asked(own, ['192.0.2.53'], [endpoint('192.0.2.1', 5353)])).servers, ['192.0.2.1#5353']);
});

test('it does not ask itself, whether it is named by its own address or listens on all', async (t) => {
  const port = 40_053;
  const loop = [endpoint('127.0.0.1', port)];
  t.deepEqual((await asked([endpoint('127.0.0.1', port)], [], loop)).servers, []);
  t.deepEqual((await asked([endpoint('0.0.0.0', port)], [], loop)).servers, []);
  t.deepEqual((await asked([endpoint('127.0.0.2', port)], [], loop)).servers, ['127.0.0.1#40053'], 'that is another');
});

test('nothing is done to the host', async (t) => {
  const { host, questions } = await asked([endpoint('127.0.0.1', 0)], ['192.0.2.53']);
  questions.renew();
  questions.withdraw();
  t.deepEqual(host.done, []);
  t.deepEqual(questions.unanswered(), []);
});

test('an address that cannot be had is an error that names it, and close ends what was opened', async (t) => {
  const host = new RecordingHost({ '/etc/resolv.conf': '' });
  const listen = [endpoint('127.0.0.1', 0), endpoint('192.0.2.1', 53)];
  const questions = new ListenOnly({ listen, upstreams: [], serve: [] }, host, resolver);
  await t.throwsAsync(questions.refresh(), { message: 'Cannot listen on 192.0.2.1 port 53' });
  await questions.close();
});
