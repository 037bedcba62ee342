import test from 'ava';
import { newCounters } from './counters.ts';
import { dohCanary } from './doh-canary.ts';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { ManualClock } from './fixture/manual-clock.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { arrived, fakeHost, fakeMappings, local, network } from './fixture/surroundings.ts';
import { type AskedWith, printed, question } from './fixture/zone-line.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';

async function play(text: string, asked: AskedWith = {}) {
  const counters = newCounters();
  const net = network({}, new ManualClock());
  const answer = await dohCanary(counters)(arrived(question(text, asked)), net);
  return { ...printed(answer), asked: net.asked.length, canary: counters.canary };
}

test('E22: the canary name does not exist, in whatever letters and for whatever type it is asked', async (t) => {
  for (const text of ['use-application-dns.net A', 'Use-Application-DNS.net AAAA', 'use-application-dns.net TXT']) {
    const said = await play(text, { edns: 1232 });
    t.is(said.rcode, 'NXDOMAIN');
    t.is(said.question, text);
    t.is(said.edns?.size, 1232);
    t.is(said.asked, 0);
    t.is(said.canary, 1);
  }
});

test('E22: names below, above and beside it, and other classes, are asked as ever', async (t) => {
  for (const name of [
    'a.use-application-dns.net',
    'net',
    'use-application-dns.net.example',
    'xuse-application-dns.net',
  ])
    t.is((await play(`${name} A`)).asked, 1, name);
  t.is((await play('use-application-dns.net A', { class: 'CH' })).asked, 1);
});

test('E22: only on request', async (t) => {
  const upstream = await fakeUpstream(() => ({ answers: ['use-application-dns.net. 60 IN A 192.0.2.7'] }));
  const rcode = async (isOn: boolean): Promise<string> => {
    const settings = { ...defaultSettings, ...(isOn && { dohCanary: true }) };
    const parts = { mappings: fakeMappings(), host: fakeHost(), settings, sockets: plainSockets };
    const arrival = { ...local, upstreams: [upstream] };
    return printed(await createResolver(parts).answer(question('use-application-dns.net A'), arrival)).rcode;
  };
  t.is(await rcode(false), 'NOERROR');
  t.is(await rcode(true), 'NXDOMAIN');
  await upstream.close();
});
