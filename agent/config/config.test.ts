import test from 'ava';
import fc from 'fast-check';
import { ipv4 } from '../../mapper/address/ipv4.ts';
import { ipv6 } from '../../mapper/address/ipv6.ts';
import type { Config } from './config.ts';
import { exampleConfig } from './example.ts';
import { keys } from './keys.ts';
import { ConfigError, defaultConfig, parseConfig, readConfigFile } from './parse-config.ts';

const loopback = ipv6(0, 0, 0, 1);

const defaults: Config = {
  mapper: {
    spool: { address: ipv4(0x0aaaa000), length: 20 },
    self: { address: ipv4(0xac157000), length: 20 },
    explicit: [],
  },
  translator: { lowestIpv6Mtu: 1280, hideHop: false, icmpErrors: true, zeroUdpChecksum: 'compute' },
  resolver: {
    mode: 'auto',
    listen: [
      { family: 4, address: ipv4(0x7f000001), port: 53 },
      { family: 6, address: loopback, scope: '', port: 53 },
    ],
    upstreams: [],
    serve: [
      { family: 4, address: ipv4(0x7f000000), length: 8 },
      { family: 6, address: loopback, length: 128 },
    ],
    exceptPrograms: [],
    waitForAMs: 250,
    ttlCeilingSeconds: 60,
    whenNoIpv4: 'synthesize',
    never: [],
    always: [],
    dohCanary: false,
    svcbHints: 'keep',
    hosts: true,
    logQuestions: false,
    cacheEntries: 4096,
  },
  recipient: { expose: [], unclaimed: false },
  device: { name: 'bis0', queues: 0 },
  uplink: { source: 'masquerade', denyUsers: [], firewall: 'report' },
  log: { level: 'info' },
};

/** The message of the error that `toml` is refused with; the empty string if it is not refused. */
function refusal(toml: string): string {
  try {
    parseConfig(toml, 'bis.toml');
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

test('M2: without a file the defaults serve', (t) => {
  t.deepEqual(defaultConfig(), defaults);
});

test('the example holds every key and is exactly the defaults', (t) => {
  t.deepEqual(parseConfig(exampleConfig()), defaults);
  for (const [table, members] of Object.entries(keys)) {
    for (const key of Object.keys(members)) {
      t.regex(exampleConfig(), new RegExp(`\\[${table}\\][^[]*(\\[[^\\]]*\\][^[]*)*^# .*\\n${key} = `, 'm'), key);
    }
  }
});

test('a value of the file takes the place of its default and of no other', (t) => {
  const config = parseConfig('[resolver]\nwaitForAMs = 100\nnever = ["Example.COM.", "*.lan", "."]\n');
  t.deepEqual(config, {
    ...defaults,
    resolver: { ...defaults.resolver, waitForAMs: 100, never: ['example.com', 'lan', ''] },
  });
});

test('every wrong key is named with its line, all at once', (t) => {
  const toml = `# a comment
[mapper]
spool = "10.170.160.1/20"
pool = 1
[translator]
lowestIpv6Mtu = 1279
hideHop = "no"
[resolver]
mode = "snop"
listen = ["127.0.0.1:53",
  "localhost"]
[devise]
name = "x"
`;
  t.deepEqual(refusal(toml).split('\n').sort(), [
    'bis.toml:11: resolver.listen[1] must be an address and port such as "127.0.0.1:53" or "[fe80::53%eth0]:53", not "localhost"',
    'bis.toml:12: devise is not a key of the configuration',
    'bis.toml:3: mapper.spool must be an IPv4 prefix such as "10.170.160.0/20", not "10.170.160.1/20"',
    'bis.toml:4: mapper.pool is not a key of the configuration',
    'bis.toml:6: translator.lowestIpv6Mtu must be a whole number from 1280 to 65535',
    'bis.toml:7: translator.hideHop must be true or false',
    'bis.toml:9: resolver.mode must be "auto" or "snoop" or "resolved" or "resolv.conf" or "listen"',
  ]);
});

test('text that is not TOML is refused with its line', (t) => {
  t.regex(refusal('[mapper]\nspool = \n'), /^bis\.toml:2: is not TOML: /);
  t.is(refusal('mapper = 3'), 'bis.toml:1: mapper must be a table');
});

test('a file that cannot be read is a configuration error', (t) => {
  t.throws(() => readConfigFile('/nonexistent/bis.toml'), {
    instanceOf: ConfigError,
    message: /^\/nonexistent\/bis\.toml: cannot be read \(ENOENT: no such file or directory\)$/,
  });
});

test('a file without end is a configuration error, not a full memory', (t) => {
  t.throws(() => readConfigFile('/dev/zero'), {
    message: '/dev/zero: cannot be read (it is longer than 1048576 octets)',
  });
});

test('M2, M4, M6: ranges of the wrong size, of reserved addresses, or over each other are refused', (t) => {
  const of = (spool: string, self = '172.21.112.0/20') => refusal(`[mapper]\nspool = "${spool}"\nself = "${self}"\n`);
  t.is(of('10.0.0.0/8'), '');
  t.is(of('198.18.0.0/30'), '');
  t.is(of('10.0.0.0/31'), 'bis.toml:2: mapper.spool is not between /8 and /30');
  t.is(of('10.0.0.0/7'), 'bis.toml:2: mapper.spool is not between /8 and /30');
  for (const range of ['127.1.0.0/16', '169.254.0.0/20', '0.0.0.0/8', '224.0.0.0/8', '240.0.0.0/8', '255.255.255.0/24'])
    t.regex(of(range), /^bis\.toml:2: mapper\.spool overlaps [\d./]+, which hosts must not use$/, range);
  t.is(of('172.21.0.0/16'), 'bis.toml:3: mapper.self must not overlap mapper.spool');
  t.is(refusal('[mapper]\nspool = "172.21.112.0/24"\n'), 'bis.toml: mapper.self must not overlap mapper.spool');
});

test('endpoints take a port or are 53, and a scope that is a device', (t) => {
  const listen = (text: string) => parseConfig(`[resolver]\nlisten = [${JSON.stringify(text)}]`).resolver.listen[0];
  t.deepEqual(listen('192.0.2.1'), { family: 4, address: ipv4(0xc0000201), port: 53 });
  t.deepEqual(listen('[fe80::53%eth0.7]:5353'), {
    family: 6,
    address: ipv6(0xfe800000, 0, 0, 0x53),
    scope: 'eth0.7',
    port: 5353,
  });
  for (const text of [
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '[::1',
    '::1',
    '[fe80::1%a;b]:53',
    '[fe80::1%]',
    '010.0.0.1:53',
  ])
    t.throws(() => listen(text), { instanceOf: ConfigError }, text);
});

test('D12: programs are named by user or control group', (t) => {
  const except = (text: string) =>
    parseConfig(`[resolver]\nexceptPrograms = [${JSON.stringify(text)}]`).resolver.exceptPrograms[0];
  t.deepEqual(except('user libvirt-dnsmasq'), { kind: 'user', user: 'libvirt-dnsmasq' });
  t.deepEqual(except('user 110'), { kind: 'user', user: '110' });
  t.deepEqual(except('cgroup /system.slice/a@b.service'), { kind: 'cgroup', path: 'system.slice/a@b.service' });
  for (const text of [
    '',
    'user',
    'user a b',
    'user a;b',
    'uid 0',
    'cgroup ..',
    'cgroup a//b',
    'cgroup a"b',
    'cgroup /',
  ])
    t.throws(() => except(text), { instanceOf: ConfigError }, text);
});

test('S9: a device name is nothing a shell, nft or sysctl could take for something else', (t) => {
  const name = (text: string) => refusal(`[device]\nname = ${JSON.stringify(text)}`);
  t.is(name('bis-1.x_2'), '');
  for (const text of ['a;b', '$(x)', '', '.', '..', 'a/b', 'a b', 'all', 'default', '-x', 'sixteen-letters-', 'ä'])
    t.regex(name(text), /^bis\.toml:2: device\.name must be a device name/, text);
});

test('any values whatever are either taken or refused in words', (t) => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
  const names = Object.entries(keys).flatMap(([table, members]) => Object.keys(members).map((key) => [table, key]));
  fc.assert(
    fc.property(fc.constantFrom(...names), value, ([table, key], given) => {
      const text = refusal(`[${table}]\n${key} = ${JSON.stringify(given).replaceAll('\u007f', '')}\n`);
      return text === '' || text.startsWith('bis.toml:');
    }),
  );
  t.pass();
});
