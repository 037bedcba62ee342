/** DNS questions as octets, for comparing what arrives with what was sent. */
import { encode, RECURSION_DESIRED, type RecordType } from 'dns-packet';
import { names } from './network.ts';

let lastId = 0;

/** A question in hexadecimal, with or without EDNS(0) (RFC 6891). */
export function question(name: string, type: RecordType, form: 'plain' | 'edns' = 'plain'): string {
  lastId = (lastId + 0x1235) & 0xffff;
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0 } as const;
  const message = encode({
    type: 'query',
    id: lastId,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: form === 'edns' ? [{ ...opt, flag_do: false, options: [] }] : [],
  });
  return message.toString('hex');
}

/** Questions of every type the name servers hold but A, and for names they do not have. */
export function otherQuestions(): string[] {
  const asked: [string, RecordType][] = [
    [names.six, 'AAAA'],
    [names.both, 'AAAA'],
    [names.alias, 'AAAA'],
    [names.six, 'MX'],
    [names.six, 'TXT'],
    [names.six, 'CAA'],
    [names.six, 'HTTPS' as RecordType],
    ['_ssh._tcp.example', 'SRV'],
    ['SiX.eXaMpLe', 'TXT'],
    ['nothing.example', 'AAAA'],
    [names.six, 'SSHFP'],
  ];
  return asked.flatMap(([name, type]) => [question(name, type), question(name, type, 'edns')]);
}
