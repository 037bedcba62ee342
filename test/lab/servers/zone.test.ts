import test from 'ava';
import { answerFrom, parseZone, type Zone, type ZoneAnswer } from './zone.ts';

const zone: Zone = parseZone(`
  ; a zone
  example.       300 IN SOA ns.example. hostmaster.example. 1 3600 900 604800 30
  six.example.   300 IN AAAA 2001:db8:6::2
  www.example.   300 IN CNAME Six.Example.
  away.example.  300 IN CNAME elsewhere.test.
  a.b.example.   300 IN TXT "two words" "more"
  example.       300 IN MX 10 six.example.
`);

const ask = (name: string, type: 'A' | 'AAAA' | 'TXT' | 'MX'): ZoneAnswer =>
  answerFrom(zone, { name, type, class: 'IN' });

test('a record is found whatever the case of its name', (t) => {
  const { rcode, answers } = ask('SIX.example', 'AAAA');
  t.is(rcode, 'NOERROR');
  t.deepEqual(answers, [{ name: 'six.example', ttl: 300, class: 'IN', type: 'AAAA', data: '2001:db8:6::2' }]);
});

test('quoted strings and structured data are read', (t) => {
  t.like(ask('a.b.example', 'TXT').answers[0], { data: ['two words', 'more'] });
  t.like(ask('example', 'MX').answers[0], { data: { preference: 10, exchange: 'six.example' } });
});

test('a name without the type is NOERROR with the SOA at its negative time to live (RFC 2308 §3)', (t) => {
  const { rcode, answers, authorities } = ask('six.example', 'A');
  t.is(rcode, 'NOERROR');
  t.is(answers.length, 0);
  t.like(authorities[0], { type: 'SOA', ttl: 30 });
});

test('a name that only has names below it exists; one that has nothing does not; another zone is refused', (t) => {
  t.is(ask('b.example', 'A').rcode, 'NOERROR');
  t.is(ask('no.example', 'A').rcode, 'NXDOMAIN');
  t.is(ask('www.test', 'A').rcode, 'REFUSED');
});

test('an alias is followed inside the zone and named when it leads out of it', (t) => {
  t.deepEqual(
    ask('www.example', 'AAAA').answers.map((answer) => answer.type),
    ['CNAME', 'AAAA'],
  );
  t.like(ask('away.example', 'A'), { rcode: 'NOERROR', authorities: [] });
  t.is(ask('away.example', 'A').answers.length, 1);
});

test('what is no record is refused', (t) => {
  t.throws(() => parseZone('six.example AAAA ::1'), { message: /Not a record/ });
  t.throws(() => parseZone('six.example. 300 IN WKS x'), { message: /cannot hold WKS/ });
});
