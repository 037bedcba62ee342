import test from 'ava';
import { newCounters } from './counters.ts';
import { fakeUpstream } from './fixture/fake-upstream.ts';
import { plainSockets } from './fixture/plain-sockets.ts';
import { arrived, fakeHost, fakeMappings, local } from './fixture/surroundings.ts';
import { type AskedWith, answerTo, printed, question, type Said, withField } from './fixture/zone-line.ts';
import { readMessage } from './message/message.ts';
import { parseName } from './message/name.ts';
import type { Arrival, Question } from './question.ts';
import { createResolver } from './resolver.ts';
import { defaultSettings, type ResolverSettings } from './settings.ts';
import { stripHints } from './strip-hints.ts';

const target = [...(parseName('svc.example') ?? [])];
const ALPN = [0, 1, 0, 3, 2, 0x68, 0x32];
const PORT = [0, 3, 0, 2, 1, 187];
const HINT4 = [0, 4, 0, 4, 192, 0, 2, 7];
const HINT6 = [0, 6, 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
const mandatory = (...keys: number[]): number[] => [0, 0, 0, 2 * keys.length, ...keys.flatMap((key) => [0, key])];
const data = (...parameters: number[][]): number[] => [0, 1, ...target, ...parameters.flat()];

/** A record of class IN and TTL 60; its owner is the name asked for. */
function recordOf(type: number, octets: readonly number[]): number[] {
  return [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, octets.length >>> 8, octets.length & 255, ...octets];
}

/** What a server says to `asked`, with these records behind what `said` has in the answer section. */
function saying(asked: Uint8Array, records: readonly number[][], said: Said = {}): Uint8Array {
  const base = answerTo(asked, said);
  return withField(Uint8Array.from([...base, ...records.flat()]), 6, (said.answers?.length ?? 0) + records.length);
}

interface Scene {
  records: number[][];
  said?: Said;
  type?: 64 | 65;
  text?: string;
  asked?: AskedWith;
  arrival?: Partial<Arrival>;
}

/** Asks, and gives what the server said, what came of it, and the data of the records in that. */
async function play({ records, said, type = 65, text = `www.example UNKNOWN_${type}`, asked, arrival }: Scene) {
  const octets = question(text, asked);
  const from = saying(octets, records, said);
  const counters = newCounters();
  const answer = (await stripHints(counters)(arrived(octets, arrival), async (_: Question) => from)) ?? from;
  const places = readMessage(answer)?.answers ?? [];
  return {
    from,
    answer,
    counters,
    places,
    data: places.map((at) => [...answer.slice(at.data, at.data + at.dataLength)]),
  };
}

test('E23: address hints are taken out of SVCB and HTTPS records; all else of them stays', async (t) => {
  for (const type of [64, 65] as const) {
    const records = [recordOf(type, data(ALPN, PORT, HINT4, HINT6)), recordOf(type, data(ALPN))];
    const said = await play({ type, records });
    t.deepEqual(said.data, [data(ALPN, PORT), data(ALPN)]);
    t.deepEqual(
      said.places.map(({ ttlSeconds }) => ttlSeconds),
      [60, 60],
    );
    t.is(said.counters.stripped, 1);
    t.deepEqual([...said.answer.slice(12, 12 + 17)], [...said.from.slice(12, 12 + 17)]);
  }
});

test('E23: each hint alone is found, and the last parameter is as good as the first', async (t) => {
  const later = [0xff, 0, 0, 1, 9];
  t.deepEqual((await play({ records: [recordOf(65, data(HINT4))] })).data, [data()]);
  t.deepEqual((await play({ records: [recordOf(65, data(HINT6, later))] })).data, [data(later)]);
});

test('E23: what is gone is not called mandatory any more (RFC 9460 section 8)', async (t) => {
  const rest = async (...keys: number[]) =>
    (await play({ records: [recordOf(65, data(mandatory(...keys), ALPN, HINT4, HINT6))] })).data;
  t.deepEqual(await rest(1, 4, 6), [data(mandatory(1), ALPN)]);
  t.deepEqual(await rest(4), [data(ALPN)]);
  t.deepEqual(await rest(1), [data(mandatory(1), ALPN)]);
});

test('E23: aliases on the way stay, in front; AA, AD and additional records do not', async (t) => {
  const alias = ['www.example. 30 IN CNAME svc.example.'];
  const record = recordOf(65, data(HINT4));
  // The record belongs to the alias's target, whose name stands in the data of the CNAME.
  const asked = question('www.example UNKNOWN_65', { edns: 1232 });
  const base = answerTo(asked, { answers: alias, flags: 0x0420 });
  const at = base.length - 13;
  const owner = [0xc0 | (at >>> 8), at & 255];
  const from = withField(Uint8Array.from([...base, ...owner, ...record.slice(2)]), 6, 2);
  const answer = await stripHints(newCounters())(arrived(asked), async () => from);
  t.deepEqual(printed(answer).answers[0], alias[0]);
  t.is(printed(answer).flags, 'rd ra');
  t.is(printed(answer).edns?.size, 1232);
  const last = readMessage(answer ?? from)?.answers[1];
  t.is(last?.type, 65);
  t.deepEqual([...(answer ?? from).slice(last?.data, (last?.data ?? 0) + (last?.dataLength ?? 0))], data());
});

test('E10, E23: what has no hints, is not sound, is another type, or is validated passes octet for octet', async (t) => {
  const hinted = recordOf(65, data(HINT4));
  const scenes: Record<string, Scene> = {
    'no hints': { records: [recordOf(65, data(ALPN))], said: { flags: 0x0420 } },
    'alias form': { records: [recordOf(65, [0, 0, ...target])] },
    'no record': { records: [], said: { rcode: 3, authorities: [] } },
    'parameters out of order': { records: [recordOf(65, data(HINT4, ALPN))] },
    'a parameter twice': { records: [recordOf(65, data(HINT4, HINT4))] },
    'a parameter that leaves the record': { records: [recordOf(65, data([0, 4, 0, 5, 1, 2, 3, 4]))] },
    'half a parameter': { records: [recordOf(65, data(ALPN, [0, 4, 0]))] },
    'a name that leaves the record': { records: [recordOf(65, [0, 1, 3, 1])] },
    'no data': { records: [recordOf(65, [])] },
    'an error': { records: [hinted], said: { rcode: 2 } },
    'another type': { records: [recordOf(16, data(HINT4))], text: 'www.example TXT' },
    'another class': { records: [hinted], asked: { class: 'CH' } },
    validated: { records: [hinted], asked: { edns: 1232, dnssecOk: true, flags: 0x0010 } },
  };
  for (const [what, scene] of Object.entries(scenes)) {
    const { from, answer, counters } = await play(scene);
    t.deepEqual([...answer], [...from], what);
    t.is(counters.stripped, 0, what);
  }
  t.is(await stripHints(newCounters())(arrived(question('www.example UNKNOWN_65')), async () => undefined), undefined);
});

test('E12, E23: a truncated answer stays truncated, and one that is too long for its asker becomes it', async (t) => {
  const cut = await play({ records: [recordOf(65, data(HINT4))], said: { flags: 0x0200 } });
  t.is(printed(cut.answer).flags, 'tc rd ra');
  t.deepEqual(cut.data, []);
  const padding = [0xff, 0, 2, 0, ...new Array(512).fill(1)];
  const records = [recordOf(65, data(HINT4, padding))];
  const long = await play({ records });
  t.is(printed(long.answer).flags, 'tc rd ra');
  t.is(long.counters.truncated, 1);
  t.deepEqual((await play({ records, arrival: { protocol: 'tcp' } })).data, [data(padding)]);
});

test('E10, E23: hints stay unless they are to be taken out', async (t) => {
  const upstream = await fakeUpstream((_text, asked) => saying(asked, [recordOf(65, data(ALPN, HINT4))]));
  const ask = (settings: Partial<ResolverSettings>): Promise<Uint8Array | undefined> => {
    const all = { ...defaultSettings, ...settings };
    const resolver = createResolver({
      mappings: fakeMappings(),
      host: fakeHost(),
      settings: all,
      sockets: plainSockets,
    });
    return resolver.answer(question('www.example UNKNOWN_65'), { ...local, upstreams: [upstream] });
  };
  const from = saying(question('www.example UNKNOWN_65'), [recordOf(65, data(ALPN, HINT4))]);
  t.deepEqual([...((await ask({})) ?? [])], [...from]);
  t.is((await ask({ svcbHints: 'strip' }))?.length, from.length - HINT4.length);
  await upstream.close();
});
