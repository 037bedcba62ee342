/**
 * The data of SVCB and HTTPS records, and how it is without address hints (RFC 9460 §2.2, §7.3, §8).
 *
 *     +--------------+------------+---------------------------------------+
 *     | SvcPriority  | TargetName | SvcParams: key, length, value; again, |
 *     |   2 octets   |            | keys in strictly ascending order      |
 *     +--------------+------------+---------------------------------------+
 */
import { putUint16, uint16 } from './header.ts';
import { readName, skipName } from './name.ts';

/** SvcParamKeys (RFC 9460 §14.3.2). */
const KEY = { MANDATORY: 0, IPV4HINT: 4, IPV6HINT: 6 } as const;

interface Parameter {
  readonly key: number;
  readonly value: Uint8Array;
}

const isHint = (key: number): boolean => key === KEY.IPV4HINT || key === KEY.IPV6HINT;

/** The parameters in `octets`; `undefined` if they are not sound. */
function readParameters(octets: Uint8Array): Parameter[] | undefined {
  const parameters: Parameter[] = [];
  let at = 0;
  let last = -1;
  while (at < octets.length) {
    const key = uint16(octets, at);
    const end = at + 4 + uint16(octets, at + 2);
    if (at + 4 > octets.length || end > octets.length || key <= last) return undefined;
    parameters.push({ key, value: octets.subarray(at + 4, end) });
    last = key;
    at = end;
  }
  return parameters;
}

/** What is mandatory must be there (§8), so a hint that is gone must not be called mandatory; nothing else is as no list. */
function withoutHintsInMandatory({ key, value }: Parameter): Parameter[] {
  if (key !== KEY.MANDATORY) return [{ key, value }];
  const pairs = Array.from({ length: value.length >>> 1 }, (_, index) => value.subarray(2 * index, 2 * index + 2));
  const left = pairs.filter((pair) => !isHint(uint16(pair, 0)));
  if (left.length === pairs.length) return [{ key, value }];
  return left.length === 0 ? [] : [{ key, value: Uint8Array.from(left.flatMap((pair) => [...pair])) }];
}

/** The data of a record without its address hints, its name in full; and whether it had any. */
export interface BareData {
  readonly octets: Uint8Array;
  readonly hadHints: boolean;
}

/**
 * Reads the data at `data`, `length` octets of a message. `undefined` if it is not sound: then nobody may use the record
 * (§2.2), and it is not for us to mend.
 */
export function withoutHints(octets: Uint8Array, data: number, length: number): BareData | undefined {
  const end = data + length;
  const target = length > 2 ? readName(octets, data + 2) : undefined;
  const parametersAt = skipName(octets, data + 2);
  if (target === undefined || parametersAt > end) return undefined;
  const parameters = readParameters(octets.subarray(parametersAt, end));
  if (parameters === undefined) return undefined;

  const left = parameters.filter(({ key }) => !isHint(key)).flatMap(withoutHintsInMandatory);
  const parts = left.map(({ key, value }) => {
    const part = new Uint8Array(4 + value.length);
    putUint16(part, 0, key);
    putUint16(part, 2, value.length);
    part.set(value, 4);
    return part;
  });
  return {
    octets: Uint8Array.from(Buffer.concat([octets.subarray(data, data + 2), target, ...parts])),
    hadHints: parameters.some(({ key }) => isHint(key)),
  };
}
