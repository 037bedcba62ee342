import test from 'ava';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { question } from './fixture/zone-line.ts';
import { parseName } from './message/name.ts';
import { writeQuestion } from './message/write.ts';
import type { QuestionLine } from './question-log.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';

test('S12: a line for every question, with its name escaped, if that is wanted; nothing if it is not', async (t) => {
  const upstream = await fakeUpstream((text) => {
    if (text.startsWith('six.example AAAA')) return { answers: ['six.example. 300 IN AAAA 2001:db8::9'] };
    if (text.startsWith('four.example A ')) return { answers: ['four.example. 300 IN A 192.0.2.4'] };
    return text.startsWith('six.example') ? {} : { rcode: 3 };
  });
  const parts = { mappings: fakeMappings(), host: fakeHost(), settings: defaultSettings, sockets: plainSockets };
  const lines: QuestionLine[] = [];
  const silent = createResolver(parts);
  const talking = createResolver({ ...parts, logQuestion: (line) => lines.push(line) });
  const evil = parseName('a\\010b\\027[2J\\000$(id).example');
  if (evil === undefined) return t.fail();
  const asked = [
    ...['six.example A', 'four.example A', 'none.example A', 'six.example MX', '9.160.170.10.in-addr.arpa PTR'].map(
      (text) => question(text),
    ),
    writeQuestion(evil, 1, false),
    question('six.example A', { recursion: false }),
  ];
  for (const octets of asked) {
    t.deepEqual(
      await silent.answer(octets, { ...local, upstreams: [] }),
      await silent.answer(octets, { ...local, upstreams: [] }),
    );
    await talking.answer(octets, { ...local, upstreams: [upstream] });
  }
  await upstream.close();
  t.deepEqual(
    lines.map(({ name, type, protocol, rcode, outcome, milliseconds }) =>
      [name, type, protocol, rcode, outcome, milliseconds >= 0 ? '' : 'no time'].join(' ').trim(),
    ),
    [
      'six.example A udp NOERROR synthesized (nodata/usable)',
      'four.example A udp NOERROR unmodified (usable/any)',
      'none.example A udp NXDOMAIN negative (nxdomain/empty)',
      'six.example MX udp NOERROR passed',
      '9.160.170.10.in-addr.arpa PTR udp NXDOMAIN reversed',
      'a\\010b\\027\\[2J\\000\\$\\(id\\).example A udp NXDOMAIN negative (nxdomain/empty)',
      'six.example A udp NOERROR passed',
    ],
  );
});
