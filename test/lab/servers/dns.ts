/** A small DNS server for a zone, over UDP and TCP (RFC 1035 §4.2, RFC 7766), so that the lab needs no DNS package. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE, TRUNCATED_RESPONSE } from 'dns-packet';
import { answerFrom, type Zone } from './zone.ts';

/** Octets of an answer over UDP without EDNS(0) (RFC 1035 §2.3.4), and with it unless the asker says less. */
const PLAIN_UDP = 512;
const EDNS_UDP = 1232;

/** RCODE values, which dns-packet takes as the low bits of the flags (RFC 1035 §4.1.1). */
const rcodes = { NOERROR: 0, NXDOMAIN: 3, REFUSED: 5 } as const;

/** The answer to one message, at most `limit` octets or what the asker's OPT allows; `undefined` for what is no question. */
function respond(zone: Zone, message: Buffer, overTcp: boolean): Buffer | undefined {
  let query: Packet;
  try {
    query = decode(message);
  } catch {
    return undefined;
  }
  const question = query.questions?.[0];
  if (query.type !== 'query' || question === undefined) return undefined;
  const opt = query.additionals?.find((record) => record.type === 'OPT');
  const found = answerFrom(zone, question);
  const flags = (query.flags ?? 0) & 0x0110;
  const response: Packet = {
    type: 'response',
    id: query.id ?? 0,
    flags: flags | AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | rcodes[found.rcode],
    questions: [question],
    answers: [...found.answers],
    authorities: [...found.authorities],
    additionals:
      opt === undefined
        ? []
        : [
            {
              type: 'OPT',
              name: '.',
              udpPayloadSize: EDNS_UDP,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [],
            },
          ],
  };
  const whole = encode(response);
  const room = opt?.type === 'OPT' ? Math.max(PLAIN_UDP, Math.min(EDNS_UDP, opt.udpPayloadSize)) : PLAIN_UDP;
  if (overTcp || whole.length <= room) return whole;
  return encode({ ...response, flags: (response.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], authorities: [] });
}

/** Answers every message on a connection, each behind two octets of length (RFC 1035 §4.2.2). */
function serveConnection(zone: Zone, socket: net.Socket): void {
  let pending = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const answer = respond(zone, pending.subarray(2, end), true);
      pending = pending.subarray(end);
      if (answer === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([length, answer]));
    }
  });
}

/** Serves `zone` on all IPv6 addresses. Resolves when both sockets are open. */
export async function serveDns(zone: Zone, port: number): Promise<void> {
  const udp = dgram.createSocket({ type: 'udp6', ipv6Only: true });
  udp.on('message', (message, peer) => {
    const answer = respond(zone, message, false);
    if (answer !== undefined) udp.send(answer, peer.port, peer.address);
  });
  udp.bind(port, '::');
  const tcp = net.createServer((socket) => serveConnection(zone, socket));
  tcp.listen({ port, host: '::', ipv6Only: true });
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
}
