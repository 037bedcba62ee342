/** Records as lines of a zone file (RFC 1035 §5.1): printable ASCII, whatever their octets are (D10). */
import { formatIpv4, ipv4 } from '../../mapper/address/ipv4.ts';
import { formatIpv6, ipv6FromOctets } from '../../mapper/address/ipv6.ts';
import { CLASS, TYPE } from './constants.ts';
import { uint16, uint32 } from './header.ts';
import type { Message, RecordPlace } from './message.ts';
import { formatName, readName, skipName } from './name.ts';
import { formatType } from './types.ts';

/** Types that hold text, and whose data is names behind so many numbers of 16 bits (RFC 1035 §3.3, RFC 2782). */
const TXT = 16;
const namesBehind: Readonly<Record<number, number>> = { 2: 0, 5: 0, 12: 0, 15: 1, 33: 3, 39: 0 };
/** Octets of data that are shown of a record in the generic form. */
const MOST_GENERIC = 256;

/** A name with the dot of the root behind it. */
export function absoluteName(octets: Uint8Array, offset: number): string | undefined {
  const name = readName(octets, offset);
  if (name === undefined) return undefined;
  return name.length === 1 ? '.' : `${formatName(name)}.`;
}

/** RFC 3597 §5: what is not understood is shown as octets. */
function generic(octets: Uint8Array, { data, dataLength }: RecordPlace): string {
  const shown = Buffer.from(octets.subarray(data, data + Math.min(dataLength, MOST_GENERIC)));
  return `\\# ${dataLength} ${shown.toString('hex')}${dataLength > MOST_GENERIC ? '...' : ''}`.trimEnd();
}

/** Character strings in quotes; `undefined` if they do not fill the data. */
function strings(octets: Uint8Array, { data, dataLength }: RecordPlace): string | undefined {
  const texts: string[] = [];
  for (let at = data; at < data + dataLength; ) {
    const end = at + 1 + (octets[at] ?? 0);
    if (end > data + dataLength) return undefined;
    const text = [...octets.subarray(at + 1, end)].map((octet) => {
      const character = String.fromCharCode(octet);
      if (character === '"' || character === '\\') return `\\${character}`;
      return octet >= 0x20 && octet < 0x7f ? character : `\\${String(octet).padStart(3, '0')}`;
    });
    texts.push(`"${text.join('')}"`);
    at = end;
  }
  return texts.join(' ');
}

function numbersAndName(octets: Uint8Array, { data, dataLength }: RecordPlace, count: number): string | undefined {
  const at = data + 2 * count;
  const name = absoluteName(octets, at);
  if (name === undefined || skipName(octets, at) !== data + dataLength) return undefined;
  const numbers = Array.from({ length: count }, (_, index) => String(uint16(octets, data + 2 * index)));
  return [...numbers, name].join(' ');
}

function soa(octets: Uint8Array, { data, dataLength }: RecordPlace): string | undefined {
  const second = skipName(octets, data);
  const numbers = second < 0 ? -1 : skipName(octets, second);
  if (numbers < 0 || numbers + 20 !== data + dataLength) return undefined;
  const values = Array.from({ length: 5 }, (_, index) => String(uint32(octets, numbers + 4 * index)));
  return [absoluteName(octets, data), absoluteName(octets, second), ...values].join(' ');
}

function dataText(octets: Uint8Array, record: RecordPlace): string {
  const { type, data } = record;
  if (record.class !== CLASS.IN) return generic(octets, record);
  if (type === TYPE.A) return formatIpv4(ipv4(uint32(octets, data)));
  if (type === TYPE.AAAA) return formatIpv6(ipv6FromOctets(octets, data));
  if (type === TYPE.SOA) return soa(octets, record) ?? generic(octets, record);
  if (type === TXT) return strings(octets, record) ?? generic(octets, record);
  const count = namesBehind[type];
  return (count === undefined ? undefined : numbersAndName(octets, record, count)) ?? generic(octets, record);
}

/** `six.example. 300 IN AAAA 2001:db8::9` */
export function recordText({ octets }: Message, record: RecordPlace): string {
  const dnsClass = record.class === CLASS.IN ? 'IN' : `CLASS${record.class}`;
  const owner = absoluteName(octets, record.owner);
  return `${owner} ${record.ttlSeconds} ${dnsClass} ${formatType(record.type)} ${dataText(octets, record)}`;
}
