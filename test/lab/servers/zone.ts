/** A DNS zone as zone-file lines (RFC 1035 §5), and what it answers to a question (RFC 1034 §4.3.2, without delegation). */
import type { Answer, Question, SoaAnswer } from 'dns-packet';

/** Records by lower-case name without the dot at its end. */
export type Zone = ReadonlyMap<string, readonly Answer[]>;

/** What a zone says to a question. `NOERROR` without answers is "no such record, but the name exists" (RFC 2308 §2). */
export interface ZoneAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

const trim = (name: string): string => name.replace(/\.$/, '');

function rdata(type: string, words: readonly string[]): unknown {
  const word = (index: number): string => words[index] ?? '';
  const number = (index: number): number => Number(words[index]);
  switch (type) {
    case 'A':
    case 'AAAA':
      return word(0);
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return trim(word(0));
    case 'MX':
      return { preference: number(0), exchange: trim(word(1)) };
    case 'SRV':
      return { priority: number(0), weight: number(1), port: number(2), target: trim(word(3)) };
    case 'TXT':
      return words.map((text) => text.replace(/^"|"$/g, ''));
    case 'SOA':
      return {
        mname: trim(word(0)),
        rname: trim(word(1)),
        serial: number(2),
        refresh: number(3),
        retry: number(4),
        expire: number(5),
        minimum: number(6),
      };
    default:
      throw new Error(`A zone cannot hold ${type}`);
  }
}

/** Reads lines of `name ttl IN type data`; empty lines and those that begin with `;` say nothing. Throws on any other. */
export function parseZone(text: string): Zone {
  const zone = new Map<string, Answer[]>();
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '' || line.startsWith(';')) continue;
    const match = /^(\S+)\s+(\d+)\s+IN\s+([A-Z]+)\s+(.+)$/.exec(line);
    if (match === null) throw new Error(`Not a record: ${line}`);
    const [, name = '', ttl = '', type = '', rest = ''] = match;
    const data = rdata(type, rest.match(/"[^"]*"|\S+/g) ?? []);
    const owner = trim(name);
    const records = zone.get(owner.toLowerCase()) ?? [];
    records.push({ name: owner, ttl: Number(ttl), class: 'IN', type, data } as Answer);
    zone.set(owner.toLowerCase(), records);
  }
  return zone;
}

/** The SOA of the zone that `name` is in, with the time to live a negative answer has (RFC 2308 §3). */
function negativeSoa(zone: Zone, name: string): SoaAnswer | undefined {
  for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const soa = zone.get(rest)?.find((record) => record.type === 'SOA');
    if (soa?.type === 'SOA') return { ...soa, ttl: Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) };
  }
  return undefined;
}

/** What `zone` answers, with its chains of CNAME followed inside it. */
export function answerFrom(zone: Zone, question: Question): ZoneAnswer {
  const answers: Answer[] = [];
  let name = question.name.toLowerCase();
  for (let step = 0; step < 16; step++) {
    const records = zone.get(name) ?? [];
    const matching = records.filter((record) => question.type === ('ANY' as string) || record.type === question.type);
    answers.push(...matching);
    const alias = records.find((record) => record.type === 'CNAME');
    if (matching.length > 0) return { rcode: 'NOERROR', answers, authorities: [] };
    if (alias?.type === 'CNAME') {
      answers.push(alias);
      name = alias.data.toLowerCase();
      continue;
    }
    const soa = negativeSoa(zone, name);
    if (soa === undefined) return { rcode: answers.length > 0 ? 'NOERROR' : 'REFUSED', answers, authorities: [] };
    const exists = records.length > 0 || [...zone.keys()].some((other) => other.endsWith(`.${name}`));
    return { rcode: exists ? 'NOERROR' : 'NXDOMAIN', answers, authorities: [soa] };
  }
  return { rcode: 'NOERROR', answers, authorities: [] };
}
