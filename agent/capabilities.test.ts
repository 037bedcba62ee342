import test from 'ava';
import { hasCapability, missingCapability } from './capabilities.ts';
import { defaultConfig } from './config/parse-config.ts';

const status = (bits: string): string =>
  `Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t${bits}\nCapBnd:\t000001ffffffffff\n`;

test('S11: what is lacking is named', (t) => {
  const { resolver } = defaultConfig();
  const listening = { resolver: { ...resolver, mode: 'listen' as const } };
  t.true(hasCapability('CAP_NET_ADMIN', status('0000000000001400')));
  t.is(missingCapability({ resolver }, status('0000000000001000')), undefined);
  t.is(missingCapability({ resolver }, status('0000000000000400')), 'CAP_NET_ADMIN');
  t.is(missingCapability(listening, status('0000000000001000')), 'CAP_NET_BIND_SERVICE');
  t.is(missingCapability(listening, status('000001ffffffffff')), undefined);
  t.is(missingCapability({ resolver }, ''), undefined);
});
