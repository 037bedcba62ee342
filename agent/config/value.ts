/** The kinds of value a configuration holds, as valibot schemas from TOML's value to ours. Messages complete "KEY …". */
import * as v from 'valibot';
import { parseIpv4 } from '../../mapper/address/ipv4.ts';
import { parseIpv6 } from '../../mapper/address/ipv6.ts';
import { parseIpv4Prefix, parseIpv6Prefix } from '../../mapper/address/prefix.ts';
import { parseExplicitText } from '../../mapper/explicit-entry.ts';
import { rangeProblem } from '../../mapper/range.ts';
import type { Endpoint, ExceptProgram, Prefix } from './config.ts';
import { parsePorts } from './ports.ts';

export const flag = v.boolean('must be true or false');

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(...words: Words) {
  return v.picklist(words, `must be ${words.map((word) => `"${word}"`).join(' or ')}`);
}

export function listOf<Item extends v.GenericSchema>(item: Item) {
  return v.array(item, 'must be a list');
}

/** Text that `parse` understands; `expected` says what it should be. */
export function parsed<Value>(expected: string, parse: (text: string) => Value | undefined) {
  return v.pipe(
    v.string(`must be ${expected}`),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: `must be ${expected}, not ${JSON.stringify(dataset.value)}` });
      return NEVER;
    }),
  );
}

/** A range of IPv4 addresses that may be used inside the host (M2, M6). */
export const range = v.pipe(
  parsed('an IPv4 prefix such as "10.170.160.0/20"', parseIpv4Prefix),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? rangeProblem(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

export const prefix = parsed('an IPv4 or IPv6 prefix such as "127.0.0.0/8"', (text): Prefix | undefined => {
  const four = parseIpv4Prefix(text);
  if (four !== undefined) return { family: 4, ...four };
  const six = parseIpv6Prefix(text);
  return six === undefined ? undefined : { family: 6, ...six };
});

/** An address with or without a port, which is 53 if not given. */
export const endpoint = parsed(
  'an address and port such as "127.0.0.1:53" or "[fe80::53%eth0]:53"',
  (text): Endpoint | undefined => {
    const four = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text);
    const six = /^\[([\da-fA-F:.]+)(?:%([^\]]+))?\](?::(\d{1,5}))?$/.exec(text);
    const port = Number(four?.[2] ?? six?.[3] ?? 53);
    if (port < 1 || port > 65535) return undefined;
    if (four !== null) {
      const address = parseIpv4(four[1] ?? '');
      return address === undefined ? undefined : { family: 4, address, port };
    }
    const address = six === null ? undefined : parseIpv6(six[1] ?? '');
    const scope = six?.[2] ?? '';
    if (address === undefined || (scope !== '' && !isDeviceName(scope))) return undefined;
    return { family: 6, address, scope, port };
  },
);

/** An explicit mapping. */
export const explicitMapping = parsed(
  'an IPv4 and an IPv6 address, a name, or prefixes, such as "192.0.2.7 2001:db8::7"',
  parseExplicitText,
);

/** Some ports of one protocol. */
export const ports = parsed('a protocol and port such as "tcp/8080" or "udp/5000-5010"', parsePorts);

/** A program: "user NAME", "user NUMBER" or "cgroup PATH". */
export const program = parsed(
  'a program such as "user dnsmasq" or "cgroup system.slice/docker.service"',
  (text): ExceptProgram | undefined => {
    const [, kind, name = ''] = /^(user|cgroup) (\S+)$/.exec(text) ?? [];
    if (kind === 'user') return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(name) ? { kind, user: name } : undefined;
    if (kind !== 'cgroup') return undefined;
    const path = name.replace(/^\//, '');
    const isPath = path.split('/').every((part) => /^(?!\.\.?$)[A-Za-z0-9_.:@-]{1,255}$/.test(part));
    return isPath ? { kind, path } : undefined;
  },
);

export const deviceName = parsed('a device name of 1 to 15 letters, digits, ".", "_" or "-"', (text) =>
  isDeviceName(text) ? text : undefined,
);

/** Whether the kernel takes it for a device (`dev_valid_name`), and no program can mistake it for anything else (S9). */
function isDeviceName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(text) && text !== 'all' && text !== 'default';
}

/** A name and all names below it: "example.com", or "." for all. */
export const suffix = parsed('a name such as "example.com"', (text) => {
  const name = text
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  const labels = name === '' ? [] : name.split('.');
  if (text === '' || name.length > 253) return undefined;
  return labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) ? name : undefined;
});
