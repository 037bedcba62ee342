import test from 'ava';
import { canKeep, errorIn, keepBatch, keepCommand, partsOf } from './nft-kept.ts';

test('which kernels keep tables of the dead', (t) => {
  const can = ['6.9', '6.9.0-rc1', '6.12.57+deb13-amd64', '6.18.44-fc', '7.0.1-generic'];
  const cannot = ['', '5.15.0', '6.1.0-28-amd64', '6.8.0-45-generic'];
  t.deepEqual([...can, ...cannot].filter(canKeep), can);
});

test('a table that is kept is made between the commands before and those behind', (t) => {
  const keep = keepCommand('ip6 bis_guard', 'of bis');
  const table = { family: 'ip6', name: 'bis_guard', comment: 'of bis' };
  t.deepEqual(partsOf(`${keep}delete table ip6 bis_guard\n${keep}add set x\nadd set y\n`), [
    table,
    'delete table ip6 bis_guard',
    table,
    'add set x\nadd set y\n',
  ]);
  t.deepEqual(partsOf('add set x\nadd set y\n'), ['add set x\nadd set y\n']);
  t.deepEqual(partsOf('add table ip6 bis { flags owner; }\n'), ['add table ip6 bis { flags owner; }\n']);
  t.deepEqual(partsOf(''), []);
});

test('the batch, octet by octet', (t) => {
  const expected = [
    ...['14000000', '1000', '0100', '01000000', '00000000', '00', '00', '000a'],
    ...['3c000000', '000a', '0504', '02000000', '00000000', '0a', '00', '0000'],
    ...['0e00', '0100', '6269735f677561726400', '0000', '0800', '0200', '00000006'],
    ...['0d00', '0600', '00', '07', '6f662062697300', '000000'],
    ...['14000000', '1100', '0100', '03000000', '00000000', '00', '00', '000a'],
  ];
  t.is(
    Buffer.from(keepBatch({ family: 'ip6', name: 'bis_guard', comment: 'of bis' })).toString('hex'),
    expected.join(''),
  );
});

test('what the kernel answers', (t) => {
  const answer = (code: string): Buffer => Buffer.from(`24000000020000000200000007000000${code}00000000`, 'hex');
  t.is(errorIn(answer('00000000')), 0);
  t.is(errorIn(answer('ffffffff')), 1, 'EPERM');
  t.is(errorIn(Buffer.from('140000001000', 'hex')), undefined);
});
