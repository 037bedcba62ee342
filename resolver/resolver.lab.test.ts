/**
 * The resolver between two programs we did not write: dig asks, dnsmasq is asked. Everything stays on loopback:
 *
 *     dig ──► listener 127.0.0.1:(free) ──► dnsmasq 127.0.0.1:(free), ::1
 *
 * Needs dnsmasq and dig, but no privileges.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { newCounters } from './counters.ts';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings } from './fixture/surroundings.ts';
import { question } from './fixture/zone-line.ts';
import { type Listener, listen } from './listener/listener.ts';
import { withId } from './message/header.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';
import { createExchanges } from './upstream/exchange.ts';
import type { Upstream } from './upstream/upstream.ts';

const run = promisify(execFile);
const LONG = 'x'.repeat(200);

const zone = [
  '--host-record=host6.example,2001:db8::9',
  '--host-record=two.example,2001:db8::a',
  '--host-record=two.example,2001:db8::b',
  '--host-record=dual.example,192.0.2.1,2001:db8::1',
  '--host-record=only4.example,192.0.2.4',
  '--host-record=inside.example,fe80::1',
  '--cname=alias.example,host6.example',
  '--txt-record=host6.example,"hello world",more',
  ...Array.from({ length: 8 }, (_, index) => `--txt-record=long.example,${index}${LONG}`),
  '--mx-host=example,host6.example,10',
  '--srv-host=_http._tcp.example,host6.example,80,1,2',
  '--caa-record=example,0,issue,ca.example',
  '--naptr-record=example,1,2,u,E2U+sip,!^.*$!sip:a@example!,.',
  // HTTPS, which dnsmasq knows by number only.
  '--dns-rr=host6.example,65,0001000001000302683300040004c0000201',
  '--dns-rr=host6.example,65280,00ff0a2e',
];

let dnsmasq: ChildProcess;
let upstream: Upstream;
let listener: Listener;

test.before(async () => {
  // A port that was free a moment ago for both protocols.
  const probe = await fakeUpstream(() => undefined);
  await probe.close();
  upstream = { address: '127.0.0.1', port: probe.port };
  const options = [
    '--no-daemon',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--local=/example/',
    '--local-ttl=77',
  ];
  const place = [`--port=${upstream.port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--pid-file='];
  dnsmasq = spawn('dnsmasq', [...options, ...place, ...zone], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  dnsmasq.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  for (let tries = 0; !said.includes('started'); tries++) {
    if (tries > 100 || dnsmasq.exitCode !== null) throw new Error(`Cannot start dnsmasq: ${said}`);
    await wait(50);
  }
  const resolver = createResolver({
    mappings: fakeMappings(),
    host: fakeHost({ isOwn: () => false }),
    settings: defaultSettings,
    sockets: plainSockets,
  });
  listener = await listen({ address: '127.0.0.1', port: 0, upstreams: [upstream], resolver });
});

test.after.always(async () => {
  await listener?.close();
  if (dnsmasq?.exitCode === null) {
    dnsmasq.kill();
    await once(dnsmasq, 'exit');
  }
});

/** What dig prints of an answer, without what differs from run to run. */
async function dig(...words: string[]): Promise<string> {
  const where = ['@127.0.0.1', '-p', String(listener.port), '+tries=1', '+time=5', '+nocmd', '+nostats'];
  return (await run('dig', [...where, ...words])).stdout;
}

const short = async (...words: string[]): Promise<string[]> =>
  (await dig('+short', ...words)).split('\n').filter((line) => line !== '');

const spool = /^10\.170\.160\.\d+$/;

for (const over of ['+notcp', '+tcp']) {
  test(`E18: dig ${over}: an IPv6-only name has a spool address, one for each AAAA`, async (t) => {
    const one = await short(over, 'host6.example', 'A');
    t.is(one.length, 1);
    t.regex(one[0] ?? '', spool);
    const two = await short(over, 'two.example', 'A');
    t.is(new Set(two).size, 2);
    for (const address of two) t.regex(address, spool);
  });

  test(`E2, E3, E7: dig ${over}: other names are as dnsmasq says`, async (t) => {
    t.deepEqual(await short(over, 'dual.example', 'A'), ['192.0.2.1']);
    t.deepEqual(await short(over, 'only4.example', 'A'), ['192.0.2.4']);
    t.deepEqual(await short(over, 'inside.example', 'A'), []);
    t.deepEqual(await short(over, 'host6.example', 'AAAA'), ['2001:db8::9']);
    t.true((await dig(over, 'nothing.example', 'A')).includes('status: NXDOMAIN'));
  });

  test(`E14, E15: dig ${over} -x: a spool address has its name back, and an unused one none`, async (t) => {
    const [address = ''] = await short(over, 'host6.example', 'A');
    t.deepEqual(await short(over, '-x', address), ['host6.example.']);
    t.true((await dig(over, '-x', '10.170.175.200')).includes('status: NXDOMAIN'));
  });
}

test('E6: dig shows the alias and the address it leads to', async (t) => {
  const [alias, address] = await short('alias.example', 'A');
  t.is(alias, 'host6.example.');
  t.regex(address ?? '', spool);
});

test('E12: dig finds its question as asked, and OPT exactly when it sent it', async (t) => {
  const plain = await dig('+noedns', 'HOST6.eXample', 'A');
  t.true(plain.includes(';HOST6.eXample.'));
  t.false(plain.includes('EDNS'));
  t.false(plain.includes('WARNING'));
  const edns = await dig('+edns=0', '+bufsize=1232', 'host6.example', 'A');
  t.true(edns.includes('EDNS: version: 0'));
});

test('E13: no TTL is longer than the ceiling', async (t) => {
  t.regex(await dig('+noall', '+answer', 'host6.example', 'A'), /^host6\.example\.\s+(\d|[1-5]\d|60)\s+IN\s+A\s/);
});

test('E19: dig follows a truncated answer to TCP', async (t) => {
  const lines = await short('+noedns', 'long.example', 'TXT');
  t.is(lines.length, 8);
});

for (const transport of ['udp', 'tcp'] as const) {
  test(`E10: answers of other types are dnsmasq’s octet for octet (${transport})`, async (t) => {
    const ask = createExchanges({ sockets: plainSockets, random: () => 1, counters: newCounters() }).ask;
    const through = { address: '127.0.0.1', port: listener.port };
    let answered = 0;
    for (const text of [
      ...['AAAA', 'TXT', 'UNKNOWN_65', 'UNKNOWN_65280', 'ANY', 'SOA'].map((type) => `host6.example ${type}`),
      ...['MX', 'CAA', 'NAPTR', 'NS'].map((type) => `example ${type}`),
      ...['_http._tcp.example SRV', 'long.example TXT', 'nothing.example TXT', 'host6.test MX'],
      ...['4.2.0.192.in-addr.arpa PTR', 'alias.example AAAA'],
    ]) {
      for (const asked of [
        question(text),
        question(text, { edns: 1232, dnssecOk: true }),
        question(text, { recursion: false }),
      ]) {
        const direct = await ask(asked, upstream, transport, AbortSignal.timeout(3000));
        const bumped = await ask(asked, through, transport, AbortSignal.timeout(3000));
        t.deepEqual(bumped && withId(bumped, 0), direct && withId(direct, 0), text);
        if (direct !== undefined) answered++;
      }
    }
    t.is(answered, 16 * 3);
  });
}
