/**
 * `faulty-server.ts ADDRESS PORT [HOW]`: a DNS server that does what no real one does on request. The first label of a name says
 * how it answers for A and how for AAAA: `servfail-good.fault.example`. Everything else has no data.
 * With HOW it answers every name in that way.
 */
import dgram from 'node:dgram';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, decode, encode, type Packet } from 'dns-packet';

const [host = '::1', port = '53', always] = process.argv.slice(2);

/** What an address says when it is right, and when nobody may believe it. */
const right = { A: '192.0.2.7', AAAA: '2001:db8:6::9' } as const;
const poison = { A: '192.0.2.66', AAAA: '2001:db8:bad::66' } as const;
const excluded = { A: '127.0.0.2', AAAA: 'fe80::1' } as const;
const rcodes: Readonly<Record<string, number>> = { servfail: 2, nx: 3, refused: 5 };

type AddressType = keyof typeof right;

function answer(query: Packet, more: Partial<Packet>, rcode = 0): Buffer {
  return encode({
    type: 'response',
    id: query.id ?? 0,
    flags: 0x0180 | rcode,
    questions: query.questions ?? [],
    ...more,
  });
}

const soa: Answer = {
  type: 'SOA',
  name: 'fault.example',
  ttl: 30,
  class: 'IN',
  data: { mname: 'ns.example', rname: 'h.example', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 30 },
};

function address(name: string, type: AddressType, data: string): Answer {
  return { type, name, ttl: 60, class: 'IN', data };
}

/** Aliases from `name` to one with the address. */
function chain(name: string, type: AddressType, length: number): Answer[] {
  const at = (index: number): string => (index === 0 ? name : `c${index}.fault.example`);
  const aliases = Array.from({ length }, (_, index): Answer => {
    return { type: 'CNAME', name: at(index), ttl: 60, class: 'IN', data: at(index + 1) };
  });
  return [...aliases, address(at(length), type, right[type])];
}

/** What is sent for one question, from where, after how long. */
interface Reply {
  readonly octets: Buffer;
  readonly afterMs?: number;
  /** From a port that was not asked; over TCP it is not sent. */
  readonly isForged?: true;
}

function replies(query: Packet, overTcp: boolean): Reply[] {
  const [asked] = query.questions ?? [];
  if (asked === undefined) return [];
  const { name, type } = asked;
  const nothing = { octets: answer(query, { authorities: [soa] }) };
  if (type !== 'A' && type !== 'AAAA') return [nothing];
  const [forA = '', forAaaa = ''] = (always ?? name.split('.')[0] ?? '').split('-');
  const how = (type === 'A' ? forA : forAaaa).toLowerCase();
  const good = answer(query, { answers: [address(name, type, right[type])] });
  const bad = answer(query, { answers: [address(name, type, poison[type])] });
  switch (how) {
    case 'good':
      return [{ octets: good }];
    case 'slow':
      return [{ octets: good, afterMs: 100 }];
    case 'excluded':
      return [{ octets: answer(query, { answers: [address(name, type, excluded[type])] }) }];
    case 'mixed':
      return [
        { octets: answer(query, { answers: [address(name, type, excluded[type]), address(name, type, right[type])] }) },
      ];
    case 'servfail':
    case 'refused':
      return [{ octets: answer(query, {}, rcodes[how]) }];
    case 'nx':
      return [{ octets: answer(query, { authorities: [soa] }, rcodes.nx) }];
    case 'silent':
      return [];
    case 'garbage':
      return [
        { octets: Buffer.from([...good.subarray(0, 2), 0x81, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xc0, 0xff]) },
      ];
    case 'wrongid':
      bad.writeUInt16BE(((query.id ?? 0) + 1) & 0xffff);
      return [{ octets: bad }];
    case 'wrongname': {
      const questions = [{ ...asked, name: `x${name.slice(1)}` }];
      return [{ octets: answer(query, { questions, answers: [address(name, type, poison[type])] }) }];
    }
    case 'forged':
      return [
        { octets: bad, isForged: true },
        { octets: good, afterMs: 50 },
      ];
    case 'truncated':
      return [{ octets: overTcp ? good : answer(query, { flags: 0x0380 }) }];
    case 'chain16':
      return [{ octets: answer(query, { answers: chain(name, type, 16) }) }];
    case 'chain17':
      return [{ octets: answer(query, { answers: chain(name, type, 17) }) }];
    case 'poisoned':
      // Beside the way from the question, where nothing counts (D3).
      return [
        {
          octets: answer(query, {
            answers: [address('other.example', type, poison[type])],
            additionals: [address(name, type, poison[type])],
          }),
        },
      ];
    default:
      return [nothing];
  }
}

const udp = dgram.createSocket({ type: 'udp6', ipv6Only: true });
const elsewhere = dgram.createSocket({ type: 'udp6', ipv6Only: true });
udp.on('message', async (message, peer) => {
  for (const { octets, afterMs = 0, isForged } of replies(decode(message), false)) {
    if (afterMs > 0) await wait(afterMs);
    (isForged ? elsewhere : udp).send(octets, peer.port, peer.address);
  }
});
const tcp = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  let pending = Buffer.alloc(0);
  socket.on('data', async (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const query = decode(pending.subarray(2, end));
      pending = pending.subarray(end);
      for (const { octets, afterMs = 0, isForged } of replies(query, true)) {
        if (isForged) continue;
        if (afterMs > 0) await wait(afterMs);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(octets.length);
        socket.write(Buffer.concat([length, octets]));
      }
    }
  });
});
elsewhere.bind(0, host);
udp.bind(Number(port), host, () => tcp.listen(Number(port), host, () => console.log('ready')));
