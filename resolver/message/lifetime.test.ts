import test from 'ava';
import { answerTo, question, type Said } from '../fixture/zone-line.ts';
import { keepable } from './lifetime.ts';

const soa = (ttl: number, minimum: number): string =>
  `example. ${ttl} IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 ${minimum}`;
const a = { answers: ['host.example. 300 IN A 192.0.2.7'] };

/** How long what a server says to an A question may be kept, seconds; 0 if it must not be. */
function lifetime(said: Said): number {
  return keepable(answerTo(question('host.example A', { edns: 1232 }), said))?.lifetimeSeconds ?? 0;
}

test('D11: an answer lives as long as the first of its records, and a day at most', (t) => {
  t.is(lifetime(a), 300);
  t.is(lifetime({ ...a, authorities: ['example. 200 IN NS ns.example.'] }), 200);
  t.is(lifetime({ ...a, additionals: ['ns.example. 100 IN A 192.0.2.53'] }), 100);
  t.is(lifetime({ answers: ['host.example. 9 IN CNAME a.example.', 'a.example. 300 IN A 192.0.2.7'] }), 9);
  t.is(lifetime({ answers: ['host.example. 604800 IN A 192.0.2.7'] }), 86_400);
});

test('D11: a negative answer lives by its SOA, and three hours at most (RFC 2308 §5)', (t) => {
  for (const rcode of [0, 3]) {
    t.is(lifetime({ rcode, authorities: [soa(60, 3600)] }), 60);
    t.is(lifetime({ rcode, authorities: [soa(3600, 60)] }), 60);
    t.is(lifetime({ rcode, authorities: [soa(86_400, 86_400)] }), 10_800);
    t.is(lifetime({ rcode, authorities: [soa(60, 60)], answers: ['host.example. 5 IN CNAME a.example.'] }), 5);
  }
  t.is(lifetime({ ...a, authorities: [soa(400, 1)] }), 300);
});

test('D11: SERVFAIL lives for a second (RFC 9520 §3.2)', (t) => {
  t.is(lifetime({ rcode: 2 }), 1);
  t.is(lifetime({ rcode: 2, authorities: [soa(60, 60)] }), 1);
  t.is(lifetime({ rcode: 2, authorities: [soa(0, 60)] }), 0);
});

test('D11: what must not be kept is not', (t) => {
  const many = Array.from({ length: 300 }, (_, index) => `host.example. 60 IN A 192.0.2.${index % 250}`);
  const said: Record<string, Said> = {
    'TTL 0': { answers: ['host.example. 0 IN A 192.0.2.7'] },
    'one TTL 0': { ...a, additionals: ['ns.example. 0 IN A 192.0.2.53'] },
    'a TTL with its highest bit set': { answers: [`host.example. ${2 ** 31} IN A 192.0.2.7`] },
    truncated: { ...a, flags: 0x0200 },
    FORMERR: { rcode: 1 },
    NOTIMP: { rcode: 4 },
    REFUSED: { ...a, rcode: 5 },
    'negative without SOA': { rcode: 3 },
    'a referral': { authorities: ['example. 60 IN NS ns.example.'] },
    'minimum 0': { rcode: 3, authorities: [soa(60, 0)] },
    'a minimum with its highest bit set': { rcode: 3, authorities: [soa(60, 2 ** 31)] },
    'a loop of aliases': {
      answers: ['host.example. 60 IN CNAME b.example.', 'b.example. 60 IN CNAME host.example.'],
    },
    'more records than are looked at': { answers: many },
  };
  for (const [what, one] of Object.entries(said)) t.is(lifetime(one), 0, what);
  t.is(keepable(Uint8Array.of(1, 2, 3)), undefined);
});
