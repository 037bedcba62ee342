/** Two servers, of which one fails in every way there is: the other one is enough for 99.9 of 100 questions (E19). */
import test from 'ava';
import { TRUNCATED_RESPONSE } from 'dns-packet';
import { deadUpstream, type FakeUpstream, fakeUpstream, type Serve } from './fixture/fake-upstream.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { answerTo, printed, question, withField } from './fixture/zone-line.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings } from './settings.ts';

const QUESTIONS = 1000;
/** Asked at one time; the first ones wait a second for a silent server. */
const AT_ONCE = 50;

const sound: Serve = (text) => {
  const [name = '', type] = text.split(' ');
  return type === 'AAAA' ? { answers: [`${name}. 60 IN AAAA 2001:db8::9`] } : {};
};
const poison = { answers: ['host6.example. 60 IN A 192.0.2.66'] };

/** How a server may fail; `restart`: it is silent for the second quarter of its questions. */
const faults: Readonly<Record<string, Serve>> = {
  silent: () => undefined,
  servfail: () => ({ rcode: 2 }),
  refused: () => ({ rcode: 5 }),
  garbage: (_, message) =>
    Uint8Array.from([...message.subarray(0, 2), 0x81, 0x80, 255, 255, 255, 255, 0, 0, 0, 0, 192, 255]),
  'half an answer': (_, message) => answerTo(message, poison).subarray(0, 14),
  'another ID': (_, message) => withField(answerTo(message, poison), 0, ((message[0] ?? 0) ^ 1) << 8),
  'another question': (_, message) =>
    withField(answerTo(question('other.example A'), poison), 0, (message[0] ?? 0) * 256 + (message[1] ?? 0)),
  truncated: (text, message, { protocol }) =>
    protocol === 'udp' ? { flags: TRUNCATED_RESPONSE } : sound(text, message, local),
};
let asked = 0;
const restart: Serve = (text, message) => {
  asked++;
  return asked > QUESTIONS / 2 && asked < QUESTIONS ? undefined : sound(text, message, local);
};

for (const [fault, serve] of [...Object.entries(faults), ['a restart', restart], ['dead', undefined]] as const) {
  for (const order of ['first', 'second']) {
    test.serial(`E19: the ${order} server fails (${fault}): 99.9 % of all questions are answered`, async (t) => {
      const well = await fakeUpstream(sound);
      const ill = serve === undefined ? await deadUpstream() : await fakeUpstream(serve);
      const resolver = createResolver({
        mappings: fakeMappings(),
        host: fakeHost(),
        settings: defaultSettings,
        sockets: plainSockets,
      });
      const upstreams = order === 'first' ? [ill, well] : [well, ill];
      let answered = 0;
      for (let next = 0; next < QUESTIONS; next += AT_ONCE) {
        const batch = Array.from({ length: AT_ONCE }, (_, index) => question(`host${next + index}.example A`));
        for (const answer of await Promise.all(batch.map((one) => resolver.answer(one, { ...local, upstreams })))) {
          const { rcode, answers } = printed(answer);
          if (rcode === 'NOERROR' && answers.length === 1 && answers[0]?.endsWith('IN A 10.170.160.1')) answered++;
        }
      }
      t.true(answered >= 0.999 * QUESTIONS, `${answered} of ${QUESTIONS}`);
      await Promise.all([well.close(), 'close' in ill ? (ill as FakeUpstream).close() : undefined]);
    });
  }
}
