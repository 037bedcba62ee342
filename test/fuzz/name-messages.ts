/** Messages to be mutated: questions as programs ask them, answers as servers give them, and how they are spoilt. */
import { answerTo, question, type Said } from '../../resolver/fixture/zone-line.ts';
import { HEADER_LENGTH, putUint16, uint16 } from '../../resolver/message/header.ts';
import type { Random } from './mutate.ts';

const soa = 'example. 30 IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 300';

/** What is asked, with flags: AD, CD, and the opcode UPDATE. */
export const questions: readonly Uint8Array[] = [
  ...['A', 'AAAA', 'MX', 'ANY', 'HTTPS', 'SVCB', 'HINFO', 'TXT', 'AXFR', 'IXFR'].map((type) =>
    question(`host6.example ${type}`),
  ),
  question('host6.example A', { edns: 1232 }),
  question('host6.example A', { edns: 4096, dnssecOk: true, flags: 0x10 }),
  question('hOSt6.eXample A', { edns: 512, flags: 0x20 }),
  question('host6.example A', { recursion: false }),
  question('host6.example A', { flags: 0x2800 }),
  question('1.160.170.10.in-addr.arpa PTR'),
  question('use-application-dns.net A'),
  question(`${'a.'.repeat(120)}example A`),
];

const chain = (length: number, last: string): string[] => [
  ...Array.from(
    { length },
    (_, index) => `${index === 0 ? 'host6' : `c${index}`}.example. 60 IN CNAME c${index + 1}.example.`,
  ),
  `c${length}.example. 60 IN ${last}`,
];

/** What is said, whatever was asked. */
export const sayings: readonly Said[] = [
  { answers: ['host6.example. 300 IN AAAA 2001:db8::9', 'host6.example. 300 IN AAAA fe80::1'] },
  { answers: ['host6.example. 300 IN A 192.0.2.7'] },
  { answers: ['host6.example. 300 IN A 127.0.0.2'] },
  { answers: chain(16, 'AAAA 2001:db8::a') },
  { answers: chain(17, 'AAAA 2001:db8::b') },
  {
    answers: [
      'example. 60 IN DNAME test.',
      'host6.example. 60 IN CNAME host6.test.',
      'host6.test. 60 IN AAAA 2001:db8::c',
    ],
  },
  { answers: ['1.160.170.10.in-addr.arpa. 60 IN PTR host6.example.'] },
  { authorities: [soa] },
  { rcode: 3, authorities: [soa] },
  { rcode: 2 },
  { flags: 0x0200 },
  {
    answers: ['host6.example. 300 IN TXT "text"', 'host6.example. 300 IN MX 10 mail.example.'],
    additionals: ['mail.example. 60 IN AAAA 2001:db8::bad'],
  },
  {
    answers: Array.from(
      { length: 300 },
      (_, index) => `host6.example. 60 IN AAAA 2001:db8::${(index + 1).toString(16)}`,
    ),
  },
];

/** 64 KiB of aliases of aliases: what dns-packet takes 286 ms for. */
export function aliasBomb(asked: Uint8Array): Uint8Array {
  const octets = new Uint8Array(65_535);
  octets.set(asked);
  putUint16(octets, 2, 0x8180);
  let at = asked.length;
  let count = 0;
  for (; at + 14 <= octets.length; at += 14, count++) {
    octets.set([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12], at);
  }
  putUint16(octets, 6, count);
  return octets.subarray(0, at);
}

/** Every answer to a question that is read, made once: one that came with another ID only differs in that. */
export class Answers {
  readonly #known = new Map<string, readonly Uint8Array[]>();

  to(asked: Uint8Array): readonly Uint8Array[] {
    const key = Buffer.from(asked).toString('latin1', 2);
    let answers = this.#known.get(key);
    if (answers === undefined) {
      answers = [
        ...sayings.map((said) => Uint8Array.from(answerTo(asked, said))),
        aliasBomb(asked.slice(0, questionEnd(asked))),
      ];
      this.#known.set(key, answers);
    }
    return answers;
  }
}

/** Where the question of a message of ours ends: its name has no pointers. */
export function questionEnd(message: Uint8Array): number {
  let at = HEADER_LENGTH;
  while ((message[at] ?? 0) !== 0) at += (message[at] ?? 0) + 1;
  return at + 5;
}

/** Octets that messages give a meaning: label lengths, pointers, types, flags. */
const MEANINGFUL = [0, 1, 2, 4, 5, 6, 12, 16, 28, 39, 41, 63, 64, 65, 128, 192, 193, 255];

/** A copy with up to eight changes, none of them before `from`: octets, bits, counts, pieces repeated, the end cut off. */
export function mutated(random: Random, octets: Uint8Array, from = 0): Uint8Array {
  let copy = Uint8Array.from(octets);
  for (let changes = 1 + random.below(8); changes > 0 && copy.length > from; changes--) {
    const at = from + random.below(copy.length - from);
    const kind = random.below(16);
    if (kind < 5) copy[at] = random.of(MEANINGFUL);
    else if (kind < 9) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    else if (kind < 12) copy[at] = random.below(256);
    else if (kind === 12) copy = copy.slice(0, at);
    else if (kind === 13 && copy.length < 2000) {
      const piece = copy.subarray(at, at + random.below(64));
      copy = Uint8Array.from([...copy.subarray(0, at), ...piece, ...copy.subarray(at)]);
    } else if (copy.length >= HEADER_LENGTH)
      putUint16(copy, 4 + 2 * random.below(4), random.of([0, 1, 2, 255, 65_535]));
  }
  return copy;
}

/** An answer with AAAA and A records that nobody may ever believe. */
export function poison(asked: Uint8Array): Uint8Array {
  const owner = [0xc0, 12];
  const isAaaa = uint16(asked, questionEnd(asked) - 4) === 28;
  const record = isAaaa
    ? [...owner, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0x20, 1, 0xd, 0xb8, 0xb, 0xad, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    : [...owner, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 66];
  const octets = Uint8Array.from([...asked.subarray(0, questionEnd(asked)), ...record]);
  putUint16(octets, 2, 0x8180);
  putUint16(octets, 6, 1);
  putUint16(octets, 8, 0);
  putUint16(octets, 10, 0);
  return octets;
}

/** The ways of being nearly the answer, each with one thing wrong. */
export const forgeries: readonly ((random: Random, right: Uint8Array) => Uint8Array)[] = [
  (random, right) => put(right, 0, uint16(right, 0) ^ (1 + random.below(65_535))),
  (_, right) => put(right, 2, uint16(right, 2) & 0x7fff),
  (random, right) => put(right, 2, uint16(right, 2) | ((1 + random.below(15)) << 11)),
  (random, right) => put(right, 4, random.of([0, 2, 3, 65_535])),
  (random, right) => flipped(right, HEADER_LENGTH + 1 + random.below(4), 0x20),
  (random, right) => flipped(right, HEADER_LENGTH + 1 + random.below(4), 1 << random.below(5)),
  (_, right) => flipped(right, HEADER_LENGTH, 1),
  (random, right) =>
    put(right, questionEnd(right) - 4, uint16(right, questionEnd(right) - 4) ^ (1 + random.below(255))),
  (random, right) => put(right, questionEnd(right) - 2, 2 + random.below(253)),
  (random, right) => right.slice(0, random.below(questionEnd(right))),
];

function put(octets: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(octets);
  putUint16(copy, at, value);
  return copy;
}

function flipped(octets: Uint8Array, at: number, bits: number): Uint8Array {
  const copy = Uint8Array.from(octets);
  copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
}
